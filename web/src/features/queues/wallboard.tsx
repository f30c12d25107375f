/** How it stands in each queue now: who waits and for how long, who is there to take them, how the day went. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { QueueNow, Schemas } from '../../api/types';
import { useNow } from '../../softphone/context';
import { cx } from '../../ui/cx';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { clock, secondsSince } from '../agents/clock';
import { STATE_TONE } from '../agents/state-choice';
import { readable } from '../desk/numbers';
import { longestWait, meetsTarget, STATES, toneOfWait } from './standing';

/** Callers on a card before the rest is only counted. */
const SHOWN = 6;
/** The feed says when something moved; this is for when it is away. */
const AGAIN_MS = 15_000;

export function Wallboard() {
  const { t } = useTranslation('queues');
  const query = useQuery({
    queryKey: keys.queueLive,
    queryFn: () => ok(api.GET('/v1/queues/live')),
    refetchInterval: AGAIN_MS,
  });
  const now = useNow(1_000);
  if (query.error && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton className="h-40 w-full" />;
  if (query.data.length === 0) return <EmptyState title={t('queues.empty')}>{t('queues.empty_note')}</EmptyState>;
  return (
    <ul className="grid gap-3 lg:grid-cols-2 2xl:grid-cols-3" aria-label={t('live.tab')}>
      {query.data.map((queue) => (
        <li key={queue.queue} className="min-w-0">
          <QueueCard queue={queue} now={now} />
        </li>
      ))}
    </ul>
  );
}

function QueueCard({ queue, now }: { queue: QueueNow; now: number }) {
  const { t } = useTranslation('queues');
  const longest = longestWait(queue, now);
  const percent = queue.today.service_level_percent;
  return (
    <article aria-label={queue.name} className="flex h-full min-w-0 flex-col rounded-lg border border-line bg-panel">
      <header className="flex min-w-0 items-baseline gap-3 border-b border-line px-4 py-2.5">
        <h2 className="min-w-0 grow truncate text-14 font-semibold">{queue.name}</h2>
        <span className="shrink-0 text-12 text-ink-3">{t('live.talking', { count: queue.talking })}</span>
      </header>
      <dl className="grid grid-cols-4 gap-x-3 px-4 py-3 max-sm:grid-cols-2 max-sm:gap-y-3">
        <Figure name={t('live.waiting')} value={String(queue.waiting.length)} />
        <Figure
          name={t('live.longest')}
          value={longest === null ? '–' : clock(longest)}
          tone={longest === null ? undefined : toneOfWait(longest, queue.service_level_s)}
        />
        <Figure name={t('live.estimate')} value={queue.estimate_s == null ? '–' : clock(queue.estimate_s)} />
        <Figure
          name={t('live.level')}
          value={percent == null ? '–' : `${percent} %`}
          note={t('target_of', { percent: queue.service_level_percent, seconds: queue.service_level_s })}
          tone={percent == null ? undefined : meetsTarget(queue) ? 'text-ok' : 'text-bad'}
        />
      </dl>
      <AgentsLine counts={queue.agents} />
      <Waiting queue={queue} now={now} />
      <p className="mt-auto border-t border-line px-4 py-2 text-12 text-ink-2">
        {t('live.today', {
          came: queue.today.came,
          answered: queue.today.answered,
          abandoned: queue.today.abandoned,
        })}
      </p>
    </article>
  );
}

function Figure(props: { name: string; value: string; note?: string; tone?: string | undefined }) {
  return (
    <div className="flex min-w-0 flex-col">
      <dt className="truncate text-12 text-ink-3">{props.name}</dt>
      <dd className={cx('num text-20 font-semibold tracking-tight', props.tone)}>{props.value}</dd>
      {props.note && <dd className="truncate text-12 text-ink-3">{props.note}</dd>}
    </div>
  );
}

function AgentsLine({ counts }: { counts: Schemas['AgentCounts'] }) {
  const { t } = useTranslation(['queues', 'agents']);
  const present = STATES.filter((state) => counts[state] > 0);
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 px-4 pb-3 text-13">
      {present.length === 0 && <span className="text-ink-3">{t('live.no_agents')}</span>}
      {present.map((state) => (
        <span key={state} className="flex items-center gap-1.5">
          <span aria-hidden className={cx('size-2 rounded-full', STATE_TONE[state])} />
          <span className="num font-medium">{counts[state]}</span>
          <span className="text-ink-2">{t(`agents:state.${state}`)}</span>
        </span>
      ))}
    </div>
  );
}

function Waiting({ queue, now }: { queue: QueueNow; now: number }) {
  const { t } = useTranslation('queues');
  if (queue.waiting.length === 0) return null;
  const more = queue.waiting.length - SHOWN;
  return (
    <ol className="flex flex-col border-t border-line py-1 text-13" aria-label={t('live.waiting')}>
      {queue.waiting.slice(0, SHOWN).map((one) => {
        const waited = secondsSince(one.since, now);
        return (
          <li key={one.call} className="flex items-center gap-3 px-4 py-1">
            <span className="num min-w-0 grow truncate">
              {one.caller ? readable(one.caller) : t(one.caller === '' ? 'live.withheld' : 'live.somebody')}
            </span>
            {one.offered_to && (
              <span className="min-w-0 truncate text-ink-2">{t('live.rings_at', { name: one.offered_to })}</span>
            )}
            <span className={cx('num shrink-0 font-medium', toneOfWait(waited, queue.service_level_s))}>
              {clock(waited)}
            </span>
          </li>
        );
      })}
      {more > 0 && <li className="px-4 py-1 text-ink-3">{t('and_more', { count: more })}</li>}
    </ol>
  );
}
