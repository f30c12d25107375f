/** Handing a call over: to whom, at once or after a word with them; and who talks to whom meanwhile. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { ArrowLeftRight, Merge, PhoneForwarded, Search, Undo2, UserRoundCheck } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import type { PhoneCall } from '../../softphone/machine';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Sheet } from '../../ui/overlay';
import { ErrorState, PageSkeleton } from '../../ui/state';
import { softphoneQuery } from './idle';
import { dialString, readable, titleOf } from './numbers';
import { ParkButton } from './parked';
import { handOver, type Second, useSeconds } from './seconds';

type Target = { called: string; name: string; online: boolean | null };

/** Those of a company's people whom these words mean, and the number that they are. */
export function targets(
  people: readonly { name: string; extension: string; online: boolean }[],
  typed: string,
  country: string,
): Target[] {
  const words = typed.trim().toLowerCase();
  const meant = people.filter((one) => one.name.toLowerCase().includes(words) || one.extension.startsWith(words));
  const found: Target[] = meant
    .map((one) => ({ called: one.extension, name: one.name, online: one.online }))
    .sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
  const number = words ? dialString(typed, country) : null;
  if (number && !found.some((one) => one.called === number))
    found.unshift({ called: number, name: readable(number), online: null });
  return found;
}

/** Flows of this name, where a caller can be sent: who was called by the seat itself cannot. */
export function flowsMeant<F extends { name: string }>(flows: readonly F[], typed: string): F[] {
  const words = typed.trim().toLowerCase();
  return flows.filter((one) => one.name.toLowerCase().includes(words));
}

/** Queues of this name, those that wait least first. */
export function queuesMeant<Q extends { name: string; waiting: number }>(queues: readonly Q[], typed: string): Q[] {
  return flowsMeant(queues, typed).sort((a, b) => a.waiting - b.waiting || a.name.localeCompare(b.name));
}

export function HandOverSheet(props: { call: PhoneCall; open: boolean; onClose: () => void }) {
  const { t } = useTranslation('desk');
  const problem = useProblemText();
  const me = useMe();
  // How many wait in the queues changes while one looks.
  const people = useQuery({ ...softphoneQuery, refetchInterval: props.open ? 5_000 : false });
  const [typed, setTyped] = useState('');
  const field = useId();
  const id = props.call.party.callRef ?? '';
  const asked = useSeconds(id).some((second) => second.stage !== 'joined');
  const give = useMutation({
    mutationFn: ({ how, to }: { how: 'transfer' | 'consult'; to: Target }) =>
      how === 'transfer' ? handOver.transfer(id, to.called) : handOver.consult(id, to.called, to.name),
    onSuccess: () => {
      setTyped('');
      props.onClose();
    },
  });
  const send = useMutation({
    mutationFn: (to: { flow: string } | { queue: string }) => handOver.into(id, to),
    onSuccess: () => {
      setTyped('');
      props.onClose();
    },
  });
  const queues = props.call.direction === 'in' ? queuesMeant(people.data?.queues ?? [], typed) : [];
  const flows = props.call.direction === 'in' ? flowsMeant(people.data?.flows ?? [], typed) : [];
  const found = targets(people.data?.directory ?? [], typed, me.company.country);
  const busy = give.isPending || send.isPending;
  const failed = give.error ?? send.error;
  return (
    <Sheet
      open={props.open}
      onClose={props.onClose}
      title={t('hand_over.title')}
      note={t('hand_over.note', { who: titleOf(props.call.party, t('echo')) })}
    >
      <label htmlFor={field} className="text-13 font-medium">
        {t('hand_over.to')}
      </label>
      <div className="relative mt-1.5">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
        />
        <input
          id={field}
          type="search"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={t('hand_over.placeholder')}
          className="h-11 w-full rounded-md border border-line-strong bg-panel pr-3 pl-9 text-14"
        />
      </div>
      {failed && (
        <p role="alert" className="mt-3 text-13 text-bad">
          {problem(failed)}
        </p>
      )}
      <ParkButton id={id} reason={asked && t('hand_over.one_at_a_time')} onParked={props.onClose} />
      {people.isPending && <PageSkeleton />}
      {people.isError && <ErrorState error={people.error} onRetry={() => void people.refetch()} />}
      {people.isSuccess && found.length + flows.length + queues.length === 0 && (
        <p className="mt-4 text-13 text-ink-2">{t(typed ? 'hand_over.nobody' : 'no_colleagues')}</p>
      )}
      <ul aria-label={t('hand_over.to')} className="mt-3 flex flex-col">
        {found.map((to) => (
          <li key={to.called} className="flex flex-wrap items-center gap-2 border-b border-line py-2.5 last:border-b-0">
            <div className="min-w-32 grow">
              <p className="truncate text-14 font-medium">{to.name}</p>
              <p className="num flex items-center gap-2 text-13 text-ink-2">
                {to.online === null ? t('number') : to.called}
                {to.online !== null && (
                  <StatusDot tone={to.online ? 'ok' : 'line'}>{t(to.online ? 'online' : 'offline')}</StatusDot>
                )}
              </p>
            </div>
            <Button
              size="sm"
              busy={busy}
              reason={asked && t('hand_over.one_at_a_time')}
              aria-label={t('hand_over.consult_who', { who: to.name })}
              onClick={() => give.mutate({ how: 'consult', to })}
            >
              {t('hand_over.consult')}
            </Button>
            <Button
              size="sm"
              look="primary"
              busy={busy}
              reason={asked && t('hand_over.one_at_a_time')}
              aria-label={t('hand_over.transfer_who', { who: to.name })}
              onClick={() => give.mutate({ how: 'transfer', to })}
            >
              {t('hand_over.transfer')}
            </Button>
          </li>
        ))}
      </ul>
      {queues.length > 0 && (
        <>
          <h3 className="mt-4 text-13 font-medium">{t('hand_over.queues')}</h3>
          <p className="text-13 text-ink-2">{t('hand_over.queues_note')}</p>
          <ul aria-label={t('hand_over.queues')} className="mt-1 flex flex-col">
            {queues.map((queue) => (
              <li key={queue.id} className="flex items-center gap-2 border-b border-line py-2.5 last:border-b-0">
                <div className="min-w-0 grow">
                  <p className="truncate text-14 font-medium">{queue.name}</p>
                  <p className="num text-13 text-ink-2">
                    {t('hand_over.waiting', { count: queue.waiting })}
                    {queue.estimate_s == null && ` · ${t('hand_over.nobody_there')}`}
                  </p>
                </div>
                <Button
                  size="sm"
                  look="primary"
                  busy={busy}
                  reason={asked && t('hand_over.one_at_a_time')}
                  aria-label={t('hand_over.queue_who', { who: queue.name })}
                  onClick={() => send.mutate({ queue: queue.id })}
                >
                  {t('hand_over.send')}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {flows.length > 0 && (
        <>
          <h3 className="mt-4 text-13 font-medium">{t('hand_over.flows')}</h3>
          <p className="text-13 text-ink-2">{t('hand_over.flows_note')}</p>
          <ul aria-label={t('hand_over.flows')} className="mt-1 flex flex-col">
            {flows.map((flow) => (
              <li key={flow.id} className="flex items-center gap-2 border-b border-line py-2.5 last:border-b-0">
                <p className="min-w-0 grow truncate text-14 font-medium">{flow.name}</p>
                <Button
                  size="sm"
                  look="primary"
                  busy={busy}
                  reason={asked && t('hand_over.one_at_a_time')}
                  aria-label={t('hand_over.send_who', { who: flow.name })}
                  onClick={() => send.mutate({ flow: flow.id })}
                >
                  {t('hand_over.send')}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Sheet>
  );
}

/** Who talks to whom while a third party is asked or has joined. */
export function SecondsPanel({ call }: { call: PhoneCall }) {
  const { t } = useTranslation('desk');
  const problem = useProblemText();
  const id = call.party.callRef ?? '';
  const seconds = useSeconds(id);
  const order = useMutation({ mutationFn: (deed: () => Promise<void>) => deed() });
  if (seconds.length === 0) return null;
  const who = titleOf(call.party, t('echo'));
  const apart = seconds.find((second) => second.stage !== 'joined');
  const busy = order.isPending;
  const press = (deed: () => Promise<void>) => () => order.mutate(deed);
  return (
    <section
      aria-label={t('hand_over.who_talks')}
      data-stage={apart?.stage ?? 'joined'}
      className="mt-4 rounded-lg border border-line bg-hover p-4"
    >
      <ul aria-live="polite" className="flex flex-col gap-1 text-14">
        {seconds.map((second) => (
          <li key={second.id}>{t(`hand_over.stage.${second.stage}`, { asked: second.who, who })}</li>
        ))}
      </ul>
      {order.isError && (
        <p role="alert" className="mt-2 text-13 text-bad">
          {problem(order.error)}
        </p>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        {apart && apart.stage !== 'ringing' && <Together apart={apart} who={who} id={id} busy={busy} press={press} />}
        <Button look="primary" busy={busy} onClick={press(() => handOver.complete(id))}>
          <UserRoundCheck aria-hidden className="size-4" />
          {t(apart?.stage === 'ringing' ? 'hand_over.transfer_now' : apart ? 'hand_over.complete' : 'hand_over.leave')}
        </Button>
        {apart && (
          <Button look="danger" busy={busy} onClick={press(() => handOver.cancel(id))}>
            <Undo2 aria-hidden className="size-4" />
            {t('hand_over.cancel')}
          </Button>
        )}
      </div>
    </section>
  );
}

function Together(props: {
  apart: Second;
  who: string;
  id: string;
  busy: boolean;
  press: (deed: () => Promise<void>) => () => void;
}) {
  const { t } = useTranslation('desk');
  const talks = props.apart.stage === 'talking';
  return (
    <>
      <Button busy={props.busy} onClick={props.press(() => handOver.swap(props.id, talks ? 'waits' : 'talking'))}>
        <ArrowLeftRight aria-hidden className="size-4" />
        {t('hand_over.swap', { who: talks ? props.who : props.apart.who })}
      </Button>
      <Button busy={props.busy} onClick={props.press(() => handOver.merge(props.id))}>
        <Merge aria-hidden className="size-4" />
        {t('hand_over.merge')}
      </Button>
    </>
  );
}

export { PhoneForwarded as HandOverIcon };
