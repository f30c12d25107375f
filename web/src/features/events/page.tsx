import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { live } from '../../api/live';
import { keys } from '../../api/query';
import type { EventEntry } from '../../api/types';
import { useNow } from '../../hooks';
import { dateTime, recently } from '../../i18n/format';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { CopyField } from '../../ui/copy-field';
import { SearchField } from '../../ui/field';
import { More } from '../../ui/more';
import { Dialog } from '../../ui/overlay';
import { Fact, Facts, Page } from '../../ui/page';
import { Select } from '../../ui/select';
import { EmptyState } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { type Column, DataTable } from '../../ui/table';
import { DeveloperTabs } from '../developers/tabs';
import { Code } from '../reference/code';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { kindGroups } from '../webhooks/kinds';
import { useEventTypes } from '../webhooks/queries';
import { type EventFilter, fits, merged } from './feed';

const SPANS = { all: 0, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;
type Span = keyof typeof SPANS;
const FILTERS = ['kind', 'subject', 'span'] as const;
/** Events of the feed that are kept above what was read. */
const MOST_FRESH = 500;

/** The event log: searched, and watched as it grows. */
export function EventsPage() {
  const { t } = useTranslation('events');
  const state = useListState(FILTERS);
  const { kind = '*', subject = '' } = state.filter;
  const span = (Object.keys(SPANS) as Span[]).find((one) => one === state.filter.span) ?? 'all';
  const put = (change: Record<string, string>) => state.set({ filter: { ...state.filter, ...change } });
  // Once for each choice: a beginning that moves would be another question at every breath.
  const since = useMemo(() => (SPANS[span] ? new Date(Date.now() - SPANS[span]).toISOString() : null), [span]);
  const [tail, setTail] = useState(true);
  const [open, setOpen] = useState<EventEntry | null>(null);
  const about = useDeferredValue(subject.trim());
  const filter: EventFilter = {
    ...(kind === '*' ? {} : { kind }),
    ...(about ? { subject: about } : {}),
    ...(since ? { since } : {}),
  };
  const list = useLog(filter);
  const fresh = useTail(filter, tail);
  const read = list.data?.pages.flatMap((page) => page.items);
  const rows = read && merged(fresh, read);
  const filtered = Object.keys(filter).length > 0;
  const clear = () => state.set({ filter: {} });
  const columns = useColumns(setOpen);
  return (
    <Page title={t('title')} views={<DeveloperTabs />}>
      <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
        <KindFilter value={kind} onChange={(value) => put({ kind: value === '*' ? '' : value })} />
        <SearchField label={t('subject')} value={subject} onChange={(text) => put({ subject: text })} />
        <Select
          className="w-40"
          label={t('span')}
          value={span}
          onChange={(value) => put({ span: value === 'all' ? '' : value })}
          options={(Object.keys(SPANS) as Span[]).map((value) => ({ value, label: t(`spans.${value}`) }))}
        />
        <Switch label={t('tail')} checked={tail} onChange={setTail} />
        <div className="ml-auto">
          <ViewBar list="events" state={state} columns={columns} />
        </div>
      </div>
      <DataTable
        label={t('title')}
        columns={shownColumns(columns, state.columns)}
        rows={rows}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        onOpen={setOpen}
        selected={open?.id ?? null}
        empty={
          <EmptyState
            title={filtered ? t('nothing') : t('empty')}
            action={filtered && <Button onClick={clear}>{t('clear')}</Button>}
          >
            {filtered ? undefined : t('empty_note')}
          </EmptyState>
        }
      />
      <More of={list} className="mt-3" />
      <EventDialog of={open} onClose={() => setOpen(null)} />
    </Page>
  );
}

function useLog(filter: EventFilter) {
  return useInfiniteQuery({
    queryKey: keys.events(filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/events', {
          params: {
            query: { ...filter, newest_first: true, limit: 50, ...(pageParam ? { before: Number(pageParam) } : {}) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** Events since the page was opened; nothing while it does not look. */
function useTail(filter: EventFilter, on: boolean): EventEntry[] {
  const [all, setAll] = useState<EventEntry[]>([]);
  useEffect(() => {
    if (!on) return;
    return live.onFrame((frame) => {
      if (frame.type === 'event') setAll((before) => [frame.event, ...before].slice(0, MOST_FRESH));
    });
  }, [on]);
  return all.filter((event) => fits(event, filter));
}

function KindFilter({ value, onChange }: { value: string; onChange: (kind: string) => void }) {
  const { t } = useTranslation('events');
  const types = useEventTypes();
  const groups = kindGroups(types.data ?? []);
  const options = [
    { value: '*', label: t('all_kinds') },
    ...groups.flatMap(([stem, kinds]) => [
      { value: `${stem}.*`, label: `${stem}.*` },
      ...kinds.map((kind) => ({ value: kind, label: kind })),
    ]),
  ];
  return (
    <div className="w-64 max-w-full">
      <Combobox
        label={t('kind')}
        empty={t('no_kind')}
        options={options}
        value={value}
        onChange={(kind) => onChange(kind ?? '*')}
      />
    </div>
  );
}

function EventDialog({ of, onClose }: { of: EventEntry | null; onClose: () => void }) {
  const { t } = useTranslation('events');
  return (
    <Dialog open={of !== null} onClose={onClose} title={of?.kind ?? ''} note={of && dateTime(of.at)} wide>
      {of && (
        <div className="flex flex-col gap-4">
          <Facts>
            <Fact name={t('column.seq')}>{of.seq}</Fact>
            <Fact name={t('column.entity')}>{of.entity}</Fact>
          </Facts>
          <CopyField label={t('id')} value={of.id} />
          <CopyField label={t('subject_id')} value={of.entity_id} />
          <Code label={t('payload')}>{JSON.stringify(of, null, 2)}</Code>
        </div>
      )}
    </Dialog>
  );
}

function useColumns(open: (event: EventEntry) => void): Column<EventEntry>[] {
  const { t } = useTranslation('events');
  const now = useNow(30_000);
  return [
    {
      key: 'seq',
      head: t('column.seq'),
      label: t('column.seq'),
      number: true,
      from: 'md',
      className: 'w-16',
      cell: (row) => row.seq,
    },
    { key: 'kind', head: t('column.kind'), names: true, cell: (row) => <code>{row.kind}</code> },
    {
      key: 'subject',
      head: t('subject_id'),
      label: t('subject_id'),
      from: 'lg',
      cell: (row) => <code className="text-ink-2">{row.entity_id}</code>,
    },
    {
      key: 'body',
      head: t('payload'),
      label: t('payload'),
      from: 'md',
      className: 'max-w-80',
      cell: (row) => <code className="block truncate text-12 text-ink-3">{JSON.stringify(row.body)}</code>,
    },
    { key: 'at', head: t('column.at'), label: t('column.at'), cell: (row) => recently(row.at, now) },
    {
      key: 'open',
      head: <span className="sr-only">{t('open')}</span>,
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => open(row)}>
          {t('open')}
        </Button>
      ),
    },
  ];
}
