import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook } from '../../api/types';
import { count } from '../../i18n/format';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useReplay } from './queries';

/** Sends a part of the log again. */
export function ReplayDialog(props: { open: boolean; of: Webhook; onClose: () => void }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const faultsOf = useFieldErrors();
  const replay = useReplay();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const faults = replay.isError ? faultsOf(replay.error) : {};
  const whole = (text: string) => /^\d+$/.test(text.trim());
  const send = () =>
    replay.mutate(
      { id: props.of.id, from_seq: Number(from), ...(to.trim() ? { to_seq: Number(to) } : {}) },
      {
        onSuccess: (made) => {
          toast(t('replay_form.begun', { events: count(made.events) }));
          props.onClose();
        },
      },
    );
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t('replay')}
      note={t('replay_form.note')}
      foot={
        <Button
          look="primary"
          busy={replay.isPending}
          reason={(!whole(from) || (to.trim() !== '' && !whole(to))) && t('replay_form.number_first')}
          onClick={send}
        >
          {t('replay_form.send')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label={t('replay_form.from')}
            inputMode="numeric"
            value={from}
            error={faults.from_seq}
            onChange={(event) => setFrom(event.target.value)}
          />
          <TextField
            label={t('replay_form.to')}
            inputMode="numeric"
            placeholder={count(props.of.place + props.of.behind)}
            value={to}
            error={faults.to_seq}
            onChange={(event) => setTo(event.target.value)}
          />
        </div>
        {replay.isError && Object.keys(faults).length === 0 && <Note tone="bad" title={say(replay.error)} />}
      </div>
    </Dialog>
  );
}
