/** When calls are recorded, and for how long recordings are kept. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Card } from '../../ui/page';
import { Select } from '../../ui/select';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';

type Policy = Schemas['RecordingPolicy'];

const MODES = ['always', 'on_demand', 'never'] as const;

export function RecordingPolicyCard({ writes }: { writes: boolean }) {
  const { t } = useTranslation('settings');
  const policy = useQuery({ queryKey: keys.recordingPolicy, queryFn: () => ok(api.GET('/v1/recording-policy')) });
  return (
    <Card title={t('recording.title')} note={t('recording.note')}>
      <div className="p-4">
        {policy.isPending && <Skeleton className="w-60" />}
        {policy.isError && <ErrorState error={policy.error} onRetry={() => void policy.refetch()} />}
        {policy.data && <Form key={JSON.stringify(policy.data)} before={policy.data} writes={writes} />}
      </div>
    </Card>
  );
}

function Form({ before, writes }: { before: Policy; writes: boolean }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const faults = useFieldErrors();
  const client = useQueryClient();
  const [mode, setMode] = useState<Policy['mode']>(before.mode);
  const [days, setDays] = useState(String(before.keep_days));
  const [voicemail, setVoicemail] = useState(String(before.voicemail_keep_days));
  const [queues, setQueues] = useState<string[]>(before.queues);
  const save = useMutation({
    mutationFn: (body: Policy) => ok(api.PUT('/v1/recording-policy', { body })),
    onSuccess: (kept) => {
      client.setQueryData(keys.recordingPolicy, kept);
      toast(t('recording.saved'));
    },
  });
  const wrong = save.isError ? faults(save.error) : {};
  const good = [days, voicemail].every((text) => /^\d{1,4}$/.test(text.trim()));
  const shown = Boolean(wrong.keep_days || wrong.voicemail_keep_days || wrong.queues);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (good && !save.isPending)
          save.mutate({ mode, keep_days: Number(days), voicemail_keep_days: Number(voicemail), queues });
      }}
    >
      <Field label={t('recording.mode')} hint={t(`recording.modes_note.${mode}`)}>
        {(wiring) => (
          <Select
            {...wiring}
            value={mode}
            onChange={setMode}
            disabled={!writes}
            options={MODES.map((value) => ({ value, label: t(`recording.modes.${value}`) }))}
          />
        )}
      </Field>
      {mode === 'on_demand' && (
        <Queues chosen={queues} onChange={setQueues} writes={writes} fault={wrong.queues ?? null} />
      )}
      <TextField
        label={t('recording.days')}
        hint={t('recording.days_hint')}
        error={wrong.keep_days ?? null}
        inputMode="numeric"
        value={days}
        disabled={!writes}
        onChange={(event) => setDays(event.target.value)}
      />
      <TextField
        label={t('recording.voicemail_days')}
        error={wrong.voicemail_keep_days ?? null}
        inputMode="numeric"
        value={voicemail}
        disabled={!writes}
        onChange={(event) => setVoicemail(event.target.value)}
      />
      {save.isError && !shown && <Note tone="bad" title={say(save.error)} />}
      {writes && (
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={save.isPending}
          reason={!good && t('recording.days_first')}
        >
          {t('common:save')}
        </Button>
      )}
    </form>
  );
}

/** Queues whose calls are recorded without anybody's order. */
function Queues(props: {
  chosen: readonly string[];
  onChange: (queues: string[]) => void;
  writes: boolean;
  fault: string | null;
}) {
  const { t } = useTranslation('settings');
  const me = useMe();
  const all = useQuery({
    queryKey: keys.queues,
    queryFn: () => ok(api.GET('/v1/queues')),
    enabled: can(me, 'queues:read'),
  });
  if (!all.data || all.data.length === 0) return null;
  return (
    <fieldset className="flex flex-col gap-2" disabled={!props.writes}>
      <legend className="mb-1 text-13 font-medium">{t('recording.queues')}</legend>
      {all.data.map((queue) => (
        <label key={queue.id} className="flex items-center gap-2 text-13">
          <input
            type="checkbox"
            className="tick"
            checked={props.chosen.includes(queue.id)}
            onChange={(event) =>
              props.onChange(
                event.target.checked ? [...props.chosen, queue.id] : props.chosen.filter((id) => id !== queue.id),
              )
            }
          />
          {queue.name}
        </label>
      ))}
      {props.fault && <p className="text-12 text-bad">{props.fault}</p>}
    </fieldset>
  );
}
