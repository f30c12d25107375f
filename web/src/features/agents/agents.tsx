import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Agent } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { cx } from '../../ui/cx';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Sheet } from '../../ui/overlay';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { clock, isTooLong, secondsSince } from './clock';
import { STATE_TONE } from './state-choice';

/** Everybody with a seat: what they do, for how long, whether they can be reached. */
export function Agents() {
  const { t } = useTranslation('agents');
  const me = useMe();
  const now = useNow();
  const agents = useQuery({ queryKey: keys.agents, queryFn: () => ok(api.GET('/v1/agents')) });
  const [shown, setShown] = useState<Agent | null>(null);
  const signOut = useSignOut();
  const columns: Column<Agent>[] = [
    {
      key: 'name',
      head: t('name'),
      names: true,
      cell: (row) => (
        <TwoLines
          main={
            <button type="button" className="hover:underline" onClick={() => setShown(row)}>
              {row.name}
            </button>
          }
          sub={t('common:extension_n', { extension: row.extension })}
        />
      ),
    },
    {
      key: 'state',
      head: t('state_head'),
      cell: (row) => (
        <span className="flex items-center gap-2">
          <span aria-hidden className={cx('size-2 shrink-0 rounded-full', STATE_TONE[row.now.state])} />
          <span className="min-w-0 truncate">
            {row.now.reason?.name ?? t(row.now.cause === 'missed' ? 'missed' : `state.${row.now.state}`)}
            {row.now.next && row.now.next !== 'ready' && (
              <span className="block text-12 text-ink-3">{t('then', { state: t(`state.${row.now.next}`) })}</span>
            )}
          </span>
        </span>
      ),
    },
    {
      key: 'since',
      head: t('for'),
      number: true,
      cell: (row) => (
        <span className={cx('num', isTooLong(row, now) && 'font-medium text-bad')}>
          {row.now.since ? clock(secondsSince(row.now.since, now)) : t('never')}
        </span>
      ),
    },
    {
      key: 'reachable',
      head: t('phone'),
      from: 'md',
      cell: (row) => (
        <span className={row.reachable ? 'text-ink-2' : 'text-ink-3'}>
          {t(row.reachable ? 'reachable' : 'unreachable')}
        </span>
      ),
    },
    {
      key: 'queues',
      head: t('queues'),
      from: 'lg',
      cell: (row) => <span className="text-ink-2">{row.queues.join(', ') || t('no_queue')}</span>,
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        can(me, 'agents:operate') && (
          <MoreMenu label={t('more_of', { name: row.name })}>
            <MenuItem onSelect={() => setShown(row)}>{t('times')}</MenuItem>
            <MenuItem onSelect={() => signOut(row)}>{t('sign_out')}</MenuItem>
          </MoreMenu>
        ),
    },
  ];
  return (
    <>
      <DataTable
        label={t('title')}
        columns={columns}
        rows={agents.data}
        rowKey={(row) => row.member}
        error={agents.error}
        onRetry={() => void agents.refetch()}
        tall
        empty={<EmptyState title={t('empty')}>{t('empty_note')}</EmptyState>}
      />
      <Sheet open={shown !== null} onClose={() => setShown(null)} title={shown?.name ?? ''} note={t('last_day')}>
        {shown && <Times agent={shown} />}
      </Sheet>
    </>
  );
}

function useSignOut(): (row: Agent) => void {
  const { t } = useTranslation('agents');
  const say = useProblemText();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (row: Agent) =>
      ok(api.POST('/v1/agents/{id}/state', { params: { path: { id: row.member } }, body: { state: 'offline' } })),
    onSuccess: (_, row) => toast(t('signed_out', { name: row.name })),
    onError: (thrown) => toast(say(thrown)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.agents }),
  });
  return (row) => change.mutate(row);
}

/** What one did within a day: sums, then the stretches. */
function Times({ agent }: { agent: Agent }) {
  const { t, i18n } = useTranslation('agents');
  const now = useNow();
  const times = useQuery({
    queryKey: [...keys.agents, 'times', agent.member],
    queryFn: () => ok(api.GET('/v1/agents/{id}/times', { params: { path: { id: agent.member } } })),
  });
  if (times.isError) return <ErrorState error={times.error} onRetry={() => void times.refetch()} />;
  if (!times.data) return <Skeleton className="w-40" />;
  if (times.data.times.length === 0) return <p className="text-13 text-ink-2">{t('no_times')}</p>;
  const at = (text: string) =>
    new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit' }).format(new Date(text));
  return (
    <div className="flex flex-col gap-6">
      <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1.5 text-13">
        {times.data.totals.map((one) => (
          <div key={`${one.state} ${one.reason}`} className="contents">
            <dt className="flex items-center gap-2">
              <span aria-hidden className={cx('size-2 shrink-0 rounded-full', STATE_TONE[one.state])} />
              {one.reason ?? t(`state.${one.state}`)}
            </dt>
            <dd className="num text-right">{clock(one.seconds)}</dd>
          </div>
        ))}
      </dl>
      <ol className="flex flex-col gap-1 text-13">
        {times.data.times.map((one) => (
          <li key={one.since} className="flex gap-3">
            <span className="num w-24 shrink-0 text-ink-3">
              {at(one.since)} – {one.until ? at(one.until) : ''}
            </span>
            <span className="min-w-0 grow truncate">{one.reason ?? t(`state.${one.state}`)}</span>
            <span className="num text-ink-2">
              {clock(secondsSince(one.since, one.until ? new Date(one.until).getTime() : now))}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
