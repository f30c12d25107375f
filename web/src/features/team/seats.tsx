import type { UseQueryResult } from '@tanstack/react-query';
import { Monitor, Phone } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Device, Seat } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { phone } from '../../i18n/format';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { useNumbers } from '../numbers/queries';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { shownBy } from './rules';
import { SeatSheet } from './seat-sheet';

/** Registered somewhere: the phone can ring. */
export const reachable = (devices: readonly Pick<Device, 'contacts'>[]): boolean =>
  devices.some((one) => one.contacts > 0);

const FILTERS = ['q'] as const;

function isNamed(one: Seat, text: string): boolean {
  const words = `${one.extension} ${one.label} ${one.member_name ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word));
}

export function Seats(props: {
  seats: UseQueryResult<Seat[]>;
  open: string | null;
  onOpen: (seat: string | null) => void;
  onAdd: () => void;
}) {
  const { t } = useTranslation('team');
  const me = useMe();
  const numbers = useNumbers();
  const state = useListState(FILTERS);
  const { q = '' } = state.filter;
  const active = props.seats.data?.filter((one) => one.state === 'active');
  const rows = active?.filter((one) => isNamed(one, q));
  const columns: Column<Seat>[] = [
    {
      key: 'extension',
      head: t('seats.extension'),
      sort: (row) => row.extension,
      names: true,
      className: 'w-24',
      cell: (row) => <span className="font-medium">{row.extension}</span>,
    },
    {
      key: 'who',
      head: t('seats.person'),
      label: t('seats.person'),
      sort: (row) => row.member_name ?? row.label,
      cell: (row) => (
        <TwoLines
          main={row.member_name ?? <span className="text-ink-3">{t('seats.nobody')}</span>}
          sub={row.label !== row.member_name ? row.label || undefined : undefined}
        />
      ),
    },
    {
      key: 'devices',
      head: t('seats.devices'),
      label: t('seats.devices'),
      sort: (row) => row.devices.length,
      from: 'md',
      cell: (row) => (
        <span className="flex items-center gap-3 text-ink-2">
          {(['browser', 'sip_phone'] as const).map((kind) => {
            const count = row.devices.filter((one) => one.kind === kind).length;
            const Icon = kind === 'browser' ? Monitor : Phone;
            return (
              count > 0 && (
                <span key={kind} className="inline-flex items-center gap-1.5" title={t(`device.${kind}`)}>
                  <Icon aria-hidden className="size-3.5" />
                  {count}
                  <span className="sr-only">{t(`device.${kind}`)}</span>
                </span>
              )
            );
          })}
        </span>
      ),
    },
    {
      key: 'shows',
      head: t('seats.shows'),
      label: t('seats.shows'),
      from: 'lg',
      cell: (row) => {
        const shown = shownBy(row, numbers.data?.items ?? []);
        const [first] = shown;
        if (!first) return <span className="text-ink-3">{t('seats.shows_none')}</span>;
        const more = shown.length - 1;
        return (
          <span>
            {phone(first.e164)}
            {more > 0 && <span className="text-ink-3"> {t('seats.and_more', { count: more })}</span>}
          </span>
        );
      },
    },
    {
      key: 'state',
      head: t('seats.state'),
      label: t('seats.state'),
      sort: (row) => (reachable(row.devices) ? 0 : 1),
      cell: (row) =>
        reachable(row.devices) ? (
          <StatusDot tone="ok">{t('seats.reachable')}</StatusDot>
        ) : (
          <StatusDot tone="line">{t('seats.away')}</StatusDot>
        ),
    },
    {
      key: 'open',
      head: <span className="sr-only">{t('seats.open')}</span>,
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => props.onOpen(row.id)}>
          {t('seats.open')}
        </Button>
      ),
    },
  ];
  const add = can(me, 'seats:write') && <Button onClick={props.onAdd}>{t('seats.add')}</Button>;
  return (
    <>
      {(active?.length ?? 0) > 0 && (
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <SearchField
            label={t('seats.find')}
            value={q}
            onChange={(text) => state.set({ filter: { q: text } })}
            className="w-60 max-w-full"
          />
          <div className="ml-auto">
            <ViewBar list="seats" state={state} columns={columns} />
          </div>
        </div>
      )}
      <DataTable
        label={t('seats.tab')}
        columns={shownColumns(columns, state.columns)}
        sort={state.sort}
        onSort={(sort) => state.set({ sort })}
        rows={rows}
        rowKey={(row) => row.id}
        error={props.seats.error}
        onRetry={() => void props.seats.refetch()}
        onOpen={(row) => props.onOpen(row.id)}
        selected={props.open}
        tall
        empty={
          q ? (
            <EmptyState title={t('common:nothing_found')} />
          ) : (
            <EmptyState title={t('seats.empty')} action={add}>
              {t('seats.empty_note')}
            </EmptyState>
          )
        }
      />
      <SeatSheet seat={active?.find((one) => one.id === props.open) ?? null} onClose={() => props.onOpen(null)} />
    </>
  );
}
