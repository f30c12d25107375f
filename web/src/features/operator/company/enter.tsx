import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { enterAs } from '../../../api/support';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Dialog } from '../../../ui/overlay';
import { Note } from '../../../ui/state';
import { useEnter } from '../queries';

/** Asks why before an operator sees a company as one of its people. */
export function EnterDialog(props: {
  tenant: Schemas['OperatorTenant'];
  member: Schemas['OperatorTenantMember'];
  onClose: () => void;
}) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const enter = useEnter();
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const good = reason.trim().length >= 5;
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t('support.title', { name: props.member.name })}
      note={props.tenant.name}
    >
      <form
        className="flex flex-col gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!good || enter.isPending) return;
          enter.mutate(
            { id: props.tenant.id, user: props.member.user, reason: reason.trim() },
            { onSuccess: ({ support }) => enterAs(support.id) },
          );
        }}
      >
        <p className="text-13 text-ink-2">{t('support.text')}</p>
        <TextField
          label={t('support.reason')}
          hint={t('companies.reason_hint')}
          error={tried && !good ? t('support.reason_needed') : null}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {enter.isError && <Note tone="bad" title={say(enter.error)} />}
        <Button type="submit" look="primary" className="self-start" busy={enter.isPending}>
          {t('support.enter')}
        </Button>
      </form>
    </Dialog>
  );
}
