import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumberRow } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { money, phone, total } from '../../i18n/format';
import { usePrices } from '../../prices';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { SearchField } from '../../ui/field';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { useSeats } from '../team/queries';
import { type ListControl, shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { NumbersBulk } from './bulk';
import { CallersCard } from './callers';
import { DestinationSelect } from './destination';
import { NumberSheet } from './number-sheet';
import { useNumbers } from './queries';
import { ReleaseNumber } from './release';
import { ShopPane } from './shop-pane';
import { WaitingNumbers } from './waiting';
import { destinationOf, NOWHERE, portOf, search as searchNumbers, toneOf } from './words';

const FILTERS = ['q'] as const;

export function NumbersPage() {
  const { t } = useTranslation('numbers');
  const prices = usePrices();
  const me = useMe();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { shop?: string; open?: string };
  const numbers = useNumbers();
  const seats = useSeats();
  const state = useListState(FILTERS);
  const text = state.filter.q ?? '';
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const shown = numbers.data && searchNumbers(numbers.data.items, text);
  const columns = [
    { key: 'to', label: t('columns.routes_to') },
    { key: 'port', label: t('columns.gateway_port') },
    { key: 'kind', label: t('columns.kind') },
    ...(prices ? [{ key: 'monthly', label: t('columns.monthly') }] : []),
    { key: 'state', label: t('columns.state') },
  ];
  const [leaving, setLeaving] = useState<NumberRow | null>(null);
  const writes = can(me, 'numbers:write');
  const owned = numbers.data?.items;
  const go = (next: { shop?: string; open?: string }) => {
    const { shop: _shop, open: _open, ...kept } = search;
    void navigate({ to: '.', search: { ...kept, ...next } as never });
  };
  const none = owned?.length === 0;
  const shopOpen = search.shop === '1' && writes;
  const getOne = (
    <Button look="primary" size="sm" onClick={() => go({ shop: '1' })}>
      <Plus aria-hidden className="size-4" />
      {t('get_a_number')}
    </Button>
  );
  return (
    <Page title={t('title')} bleed className="flex" actions={writes && !shopOpen && !none && getOne}>
      <div
        className={cx(
          'grid min-h-full min-w-0 grow',
          shopOpen ? 'grid-cols-[minmax(0,1fr)_376px] max-lg:grid-cols-1' : 'grid-cols-1',
        )}
      >
        <div className="min-w-0 p-6 max-md:p-4">
          <div className={cx('mb-3 flex flex-wrap items-center gap-3', none && 'hidden')}>
            <SearchField label={t('find')} value={text} onChange={(q) => state.set({ filter: { q } })} />
            <ViewBar list="numbers" state={state} columns={columns} />
            {prices && owned && owned.length > 0 && (
              <span className="num ml-auto text-13 text-ink-2">
                {t('sum', {
                  count: owned.length,
                  price: total(owned.map((one) => one.monthly))
                    .map((sum) => money(sum))
                    .join(' + '),
                })}
              </span>
            )}
          </div>
          {writes && (
            <NumbersBulk
              rows={(shown ?? []).filter((one) => picked.has(one.id))}
              seats={seats.data ?? []}
              onClear={() => setPicked(new Set())}
            />
          )}
          <OwnedTable
            rows={shown}
            state={state}
            picked={writes ? picked : null}
            onPick={setPicked}
            error={numbers.error}
            onRetry={() => void numbers.refetch()}
            onOpen={(row) => go({ ...(shopOpen ? { shop: '1' } : {}), open: row.id })}
            onRelease={writes ? setLeaving : null}
            empty={
              text ? (
                <EmptyState title={t('common:nothing_found')} />
              ) : (
                <EmptyState title={t('empty')} action={writes && !shopOpen && getOne}>
                  {t(writes ? 'empty_note' : 'empty_note_read')}
                </EmptyState>
              )
            }
          />
          <WaitingNumbers />
          <CallersCard />
        </div>
        {shopOpen && <ShopPane onClose={() => go({})} />}
      </div>
      <NumberSheet
        number={owned?.find((one) => one.id === search.open) ?? null}
        onClose={() => go(shopOpen ? { shop: '1' } : {})}
        onRelease={setLeaving}
      />
      <ReleaseNumber number={leaving} onClose={() => setLeaving(null)} />
    </Page>
  );
}

function OwnedTable(props: {
  rows: NumberRow[] | undefined;
  state: ListControl;
  picked: ReadonlySet<string> | null;
  onPick: (picked: ReadonlySet<string>) => void;
  error: unknown;
  onRetry: () => void;
  onOpen: (row: NumberRow) => void;
  onRelease: ((row: NumberRow) => void) | null;
  empty: React.ReactNode;
}) {
  const { t } = useTranslation('numbers');
  const prices = usePrices();
  const seats = useSeats();
  const { onRelease } = props;
  const columns: Column<NumberRow>[] = [
    {
      key: 'number',
      head: t('columns.number'),
      sort: (row) => row.e164,
      names: true,
      cell: (row) => <TwoLines main={phone(row.e164)} sub={row.label || row.area || t('no_label')} />,
    },
    {
      key: 'to',
      head: t('columns.routes_to'),
      label: t('columns.routes_to'),
      sort: (row) => seats.data?.find((one) => one.id === row.destination_seat)?.extension,
      cell: (row) => (
        <DestinationSelect number={row} seats={seats.data ?? []} size="sm" className="min-w-44 max-md:min-w-32" />
      ),
    },
    {
      key: 'port',
      head: t('columns.gateway_port'),
      label: t('columns.gateway_port'),
      sort: (row) => portOf(row),
      from: 'xl',
      cell: (row) => (
        <span className="block max-w-40 truncate text-ink-2" title={portOf(row)}>
          {portOf(row)}
        </span>
      ),
    },
    {
      key: 'kind',
      head: t('columns.kind'),
      label: t('columns.kind'),
      sort: (row) => row.kind,
      from: 'xl',
      cell: (row) => <span className="whitespace-nowrap text-ink-2">{t(`kind.${row.kind}`)}</span>,
    },
    ...(prices
      ? [
          {
            key: 'monthly',
            head: t('columns.monthly'),
            label: t('columns.monthly'),
            sort: (row: NumberRow) => row.monthly.micros,
            number: true,
            from: 'md' as const,
            cell: (row: NumberRow) => money(row.monthly),
          },
        ]
      : []),
    {
      key: 'state',
      head: t('columns.state'),
      label: t('columns.state'),
      sort: (row) => row.state,
      from: 'md',
      cell: (row) => <StatusDot tone={toneOf(row)}>{stateWord(row, t)}</StatusDot>,
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) => (
        <MoreMenu label={t('more_of', { number: phone(row.e164) })}>
          <MenuItem onSelect={() => props.onOpen(row)}>{t('details')}</MenuItem>
          {onRelease && (
            <MenuItem danger onSelect={() => onRelease(row)}>
              {t('release.menu')}
            </MenuItem>
          )}
        </MoreMenu>
      ),
    },
  ];
  return (
    <DataTable
      label={t('title')}
      columns={shownColumns(columns, props.state.columns)}
      sort={props.state.sort}
      onSort={(sort) => props.state.set({ sort })}
      {...(props.picked
        ? { picked: props.picked, onPick: props.onPick, nameOf: (row: NumberRow) => phone(row.e164) }
        : {})}
      rows={props.rows}
      rowKey={(row) => row.id}
      error={props.error}
      onRetry={props.onRetry}
      onOpen={props.onOpen}
      empty={props.empty}
      tall
    />
  );
}

function stateWord(row: NumberRow, t: (key: string) => string): string {
  if (row.state !== 'assigned') return t(`state.${row.state}`);
  return destinationOf(row) === NOWHERE ? t('state.idle') : t('state.in_use');
}
