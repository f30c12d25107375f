import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Disposition, ReasonCode } from '../../api/types';
import { useIntent } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { Listing } from './listing';
import {
  useAddDisposition,
  useAddReasonCode,
  useChangeDisposition,
  useChangeReasonCode,
  useDispositions,
  useQueues,
  useReasonCodes,
  useRemoveDisposition,
  useRemoveReasonCode,
} from './queries';

/** Why agents take no calls. */
export function ReasonCodes() {
  const { t } = useTranslation('queues');
  return (
    <Listing
      noun="reasons"
      query={useReasonCodes()}
      remove={useRemoveReasonCode()}
      columns={[
        { key: 'name', head: t('name'), names: true, cell: (row) => row.name },
        {
          key: 'longest',
          head: t('reasons.longest'),
          cell: (row) => (
            <span className="num text-ink-2">
              {row.longest_s ? t('minutes', { count: Math.round(row.longest_s / 60) }) : t('no_limit')}
            </span>
          ),
        },
      ]}
      form={(row, done) => <ReasonForm {...(row ? { reason: row } : {})} onDone={done} />}
    />
  );
}

function ReasonForm(props: { reason?: ReasonCode; onDone: () => void }) {
  const { t } = useTranslation('queues');
  const add = useAddReasonCode();
  const change = useChangeReasonCode();
  const before = props.reason;
  const [name, setName] = useState(before?.name ?? '');
  const [minutes, setMinutes] = useState(before?.longest_s ? String(Math.round(before.longest_s / 60)) : '');
  const keyOf = useIntent();
  const wanted = { name: name.trim(), longest_s: minutes.trim() ? Math.round(Number(minutes) * 60) : null };
  const onSuccess = () => {
    toast(t(before ? 'changed' : 'added', { name: wanted.name }));
    props.onDone();
  };
  return (
    <NameForm
      name={name}
      onName={setName}
      busy={add.isPending || change.isPending}
      failed={add.error ?? change.error}
      action={before ? t('common:save') : t('reasons.add')}
      onSend={() =>
        before
          ? change.mutate({ id: before.id, ...wanted }, { onSuccess })
          : add.mutate({ ...wanted, key: keyOf(wanted) }, { onSuccess })
      }
    >
      <TextField
        label={t('reasons.longest')}
        hint={t('reasons.longest_hint')}
        type="number"
        min={1}
        max={1440}
        value={minutes}
        onChange={(event) => setMinutes(event.target.value)}
      />
    </NameForm>
  );
}

/** What came of calls. */
export function Dispositions() {
  const { t } = useTranslation('queues');
  const queues = useQueues();
  return (
    <Listing
      noun="dispositions"
      query={useDispositions()}
      remove={useRemoveDisposition()}
      columns={[
        { key: 'name', head: t('name'), names: true, cell: (row) => row.name },
        {
          key: 'queue',
          head: t('dispositions.queue'),
          cell: (row) => (
            <span className="text-ink-2">
              {row.queue ? queues.data?.find((one) => one.id === row.queue)?.name : t('dispositions.everywhere')}
            </span>
          ),
        },
      ]}
      form={(row, done) => <DispositionForm {...(row ? { disposition: row } : {})} onDone={done} />}
    />
  );
}

const EVERYWHERE = 'everywhere';

function DispositionForm(props: { disposition?: Disposition; onDone: () => void }) {
  const { t } = useTranslation('queues');
  const queues = useQueues();
  const add = useAddDisposition();
  const change = useChangeDisposition();
  const before = props.disposition;
  const [name, setName] = useState(before?.name ?? '');
  const [queue, setQueue] = useState(before?.queue ?? EVERYWHERE);
  const keyOf = useIntent();
  const wanted = { name: name.trim(), queue: queue === EVERYWHERE ? null : queue };
  const onSuccess = () => {
    toast(t(before ? 'changed' : 'added', { name: wanted.name }));
    props.onDone();
  };
  return (
    <NameForm
      name={name}
      onName={setName}
      busy={add.isPending || change.isPending}
      failed={add.error ?? change.error}
      action={before ? t('common:save') : t('dispositions.add')}
      onSend={() =>
        before
          ? change.mutate({ id: before.id, ...wanted }, { onSuccess })
          : add.mutate({ ...wanted, key: keyOf(wanted) }, { onSuccess })
      }
    >
      <Field label={t('dispositions.queue')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={queue}
            onChange={setQueue}
            options={[
              { value: EVERYWHERE, label: t('dispositions.everywhere') },
              ...(queues.data ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        )}
      </Field>
    </NameForm>
  );
}

function NameForm(props: {
  name: string;
  onName: (name: string) => void;
  busy: boolean;
  failed: unknown;
  action: string;
  onSend: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation('queues');
  const say = useProblemText();
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (props.name.trim() && !props.busy) props.onSend();
      }}
    >
      <TextField
        label={t('name')}
        value={props.name}
        maxLength={80}
        autoComplete="off"
        onChange={(event) => props.onName(event.target.value)}
      />
      {props.children}
      {props.failed != null && <Note tone="bad" title={say(props.failed)} />}
      <Button
        type="submit"
        look="primary"
        className="self-start"
        busy={props.busy}
        reason={!props.name.trim() && t('name_first')}
      >
        {props.action}
      </Button>
    </form>
  );
}
