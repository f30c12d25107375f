/** Every call of the company that the reader may see; live ones first. */
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Download, PhoneIncoming, PhoneOutgoing, Repeat2, Wrench } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { LiveCall, Schemas } from '../../api/types';
import { clock, dateTime } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { useNow } from '../../softphone/context';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Cord } from '../../ui/cord';
import { Page } from '../../ui/page';
import { saveFile } from '../../ui/save-file';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { readable } from '../desk/numbers';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { asked, CallFilters, FILTERS } from './filters';
import { endedWell } from './sentence';

type Summary = Schemas['CallSummary'];
type Direction = Schemas['Direction'];
type Asked = ReturnType<typeof asked>;

const liveQuery = { queryKey: keys.liveCalls, queryFn: () => ok(api.GET('/v1/calls/live')) };

function useCalls(wanted: Asked) {
  const filter = { limit: 50, ...wanted };
  return useInfiniteQuery({
    queryKey: keys.calls(filter),
    queryFn: ({ pageParam }) =>
      ok(api.GET('/v1/calls', { params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** The calls of the list as a table to take away. */
function TakeAway({ wanted }: { wanted: Asked }) {
  const { t } = useTranslation('calls');
  const say = useProblemText();
  const take = useMutation({
    mutationFn: async () => {
      const file = await ok(api.GET('/v1/calls/export', { params: { query: wanted }, parseAs: 'blob' }));
      saveFile(file as unknown as Blob, 'patchbay-calls.csv');
    },
    onSuccess: () => toast(t('taken')),
    onError: (thrown) => toast(say(thrown)),
  });
  return (
    <Button size="sm" busy={take.isPending} onClick={() => take.mutate()}>
      <Download aria-hidden className="size-4" />
      {t('export')}
    </Button>
  );
}

export function CallsPage() {
  const { t } = useTranslation('calls');
  const navigate = useNavigate();
  const state = useListState(FILTERS);
  const columns = useColumns();
  const wanted = asked(state.filter);
  const query = useCalls(wanted);
  const open = (id: string) => void navigate({ to: paths.call(id) });
  // What is up now stands above, with its state of this moment.
  const live = useQuery(liveQuery).data;
  const rows = query.data?.pages
    .flatMap((page) => page.items)
    .filter((call) => call.ended_at || !live?.some((one) => one.call === call.id));
  const filtered = Object.keys(wanted).length > 0;
  return (
    <Page title={t('title')} actions={<TakeAway wanted={wanted} />}>
      <LiveCalls onOpen={open} />
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <CallFilters state={state} />
        <div className="ml-auto">
          <ViewBar list="calls" state={state} columns={columns} />
        </div>
      </div>
      <DataTable
        label={t('title')}
        columns={shownColumns(columns, state.columns)}
        rows={rows}
        rowKey={(call) => call.id}
        error={query.error}
        onRetry={() => void query.refetch()}
        onOpen={(call) => open(call.id)}
        tall
        empty={
          <EmptyState
            title={t(filtered ? 'none_match' : 'none')}
            action={filtered && <Button onClick={() => state.set({ filter: {} })}>{t('clear_filters')}</Button>}
          >
            {t(filtered ? 'none_match_text' : 'none_text')}
          </EmptyState>
        }
      />
      {query.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
    </Page>
  );
}

function useColumns(): Column<Summary>[] {
  const { t } = useTranslation('calls');
  return [
    {
      key: 'direction',
      head: <span className="sr-only">{t('direction_filter')}</span>,
      cell: (call) => <DirectionIcon direction={call.direction} />,
      className: 'w-8',
    },
    {
      key: 'caller',
      head: t('caller'),
      names: true,
      cell: (call) => (
        <>
          <span className="max-md:hidden">
            <TwoLines main={<CallLink call={call} />} sub={call.caller_name ? readable(call.caller) : undefined} />
          </span>
          {/* On a phone one cell tells both sides. */}
          <span className="md:hidden">
            <TwoLines main={<CallLink call={call} />} sub={t('to_called', { called: readable(call.called) })} />
          </span>
        </>
      ),
    },
    { key: 'cord', head: '', from: 'lg', cell: (call) => <Cord state={cordOf(call)} /> },
    {
      key: 'called',
      head: t('called'),
      label: t('called'),
      from: 'md',
      cell: (call) => (
        <TwoLines main={readable(call.called)} sub={(call.direction === 'inbound' && call.seat_label) || undefined} />
      ),
    },
    {
      key: 'result',
      head: t('result'),
      label: t('result'),
      cell: (call) => (
        <span className="flex flex-col items-start">
          <Result call={call} />
          <span className="num pl-4 text-12 text-ink-3 md:hidden">{dateTime(call.started_at)}</span>
        </span>
      ),
    },
    {
      key: 'mos',
      head: t('voice'),
      label: t('voice'),
      number: true,
      from: 'lg',
      cell: (call) => (call.answered_at ? call.mos?.toFixed(1) : null) ?? '–',
    },
    {
      key: 'talk',
      head: t('talk'),
      label: t('talk'),
      number: true,
      from: 'md',
      cell: (call) => (call.answered_at ? clock(call.talk_ms) : '–'),
    },
    {
      key: 'when',
      head: t('when'),
      label: t('when'),
      number: true,
      from: 'md',
      cell: (call) => dateTime(call.started_at),
    },
  ];
}

/** The row opens by a click anywhere; by keyboard, here. */
function CallLink({ call }: { call: Summary }) {
  return (
    <Link to={paths.call(call.id)} className="hover:underline">
      {call.caller_name || readable(call.caller)}
    </Link>
  );
}

function cordOf(call: Summary): 'talking' | 'ringing' | 'failed' {
  if (!call.ended_at) return call.answered_at ? 'talking' : 'ringing';
  return call.answered_at ? 'talking' : 'failed';
}

const ICON = { inbound: PhoneIncoming, outbound: PhoneOutgoing, internal: Repeat2, test: Wrench };

export function DirectionIcon({ direction }: { direction: Direction }) {
  const { t } = useTranslation('calls');
  const Icon = ICON[direction];
  return <Icon role="img" aria-label={t(`direction.${direction}`)} className="size-4 text-ink-3" />;
}

/** A word that stands alone begins with a capital, where the script has them. */
const capital = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

export function Result({ call }: { call: Summary }) {
  const { t } = useTranslation(['calls', 'desk']);
  if (!call.ended_at)
    return <StatusDot tone={call.answered_at ? 'ok' : 'info'}>{t(call.answered_at ? 'talking' : 'ringing')}</StatusDot>;
  if (call.answered_at && endedWell(call.cause)) return <StatusDot tone="plain">{capital(t('answered'))}</StatusDot>;
  const word = capital(t(`desk:cause.${call.cause ?? 'internal'}`));
  const theirs = call.blame === 'caller' || call.blame === 'callee';
  if (theirs) return <StatusDot tone="line">{word}</StatusDot>;
  // The number of what went wrong is what people read out to whoever helps.
  return (
    <Badge tone="bad">
      {call.cause_number != null && <span className="num mr-1 font-semibold">{call.cause_number}</span>}
      {word}
    </Badge>
  );
}

/** Calls that are up now, above the list; nothing when there are none. */
function LiveCalls({ onOpen }: { onOpen: (id: string) => void }) {
  const { t } = useTranslation('calls');
  const { data } = useQuery(liveQuery);
  const now = useNow(1_000, (data?.length ?? 0) > 0);
  if (!data?.length) return null;
  return (
    <section aria-label={t('live')} className="mb-6 rounded-lg border border-line bg-panel">
      <h2 className="border-b border-line px-4 py-2.5 text-13 font-semibold">
        {t('live_count', { count: data.length })}
      </h2>
      <ul>
        {data.map((call) => (
          <LiveRow key={call.call} call={call} now={now} onOpen={onOpen} />
        ))}
      </ul>
    </section>
  );
}

const LIVE_CORD = { ringing: 'ringing', talking: 'talking', held: 'held', reconnecting: 'held' } as const;

function LiveRow({ call, now, onOpen }: { call: LiveCall; now: number; onOpen: (id: string) => void }) {
  const { t } = useTranslation('calls');
  return (
    <li className="flex h-11 items-center gap-3 border-line px-4 text-13 not-last:border-b">
      <DirectionIcon direction={call.direction} />
      <button
        type="button"
        className="flex min-w-0 items-center gap-3 font-medium hover:underline"
        onClick={() => onOpen(call.call)}
      >
        <span className="truncate">{readable(call.caller)}</span>
        <Cord state={LIVE_CORD[call.state]} />
        <span className="truncate">{readable(call.called)}</span>
      </button>
      <span className="num ml-auto text-ink-2">
        {t(call.state)} {clock(now - Date.parse(call.since))}
      </span>
    </li>
  );
}
