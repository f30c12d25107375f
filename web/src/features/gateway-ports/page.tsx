import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { GatewayPortRented, ShopGatewayPort } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { date, money, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { OwnGateways } from '../own-gateways/list';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { lightTone, loadTone } from './words';

export function GatewayPortsPage() {
  const { t } = useTranslation('gateway-ports');
  const me = useMe();
  const rented = useQuery({ queryKey: keys.gatewayPorts, queryFn: () => ok(api.GET('/v1/gateway-ports')) });
  const [leaving, setLeaving] = useState<GatewayPortRented | null>(null);
  const [taking, setTaking] = useState<ShopGatewayPort | null>(null);
  const writes = can(me, 'gateway_ports:write');
  return (
    <Page title={t('title')}>
      <p className="mb-4 max-w-[72ch] text-ink-2">{t('lead')}</p>
      <Rented
        rows={rented.data?.filter((row) => !row.own).sort(byPlace)}
        error={rented.error}
        onRetry={() => void rented.refetch()}
        onRelease={writes ? setLeaving : null}
      />
      <OwnGateways />
      {writes && <Shop onTake={setTaking} />}
      <Release port={leaving} onClose={() => setLeaving(null)} />
      <Rent port={taking} onClose={() => setTaking(null)} />
    </Page>
  );
}

/** Gateway by gateway, line 2 before line 10. */
const byPlace = (one: GatewayPortRented, other: GatewayPortRented) =>
  one.gateway_label.localeCompare(other.gateway_label) ||
  one.label.localeCompare(other.label, undefined, { numeric: true });

function Numbers({ numbers }: { numbers: string[] }) {
  const { t } = useTranslation('gateway-ports');
  const [first] = numbers;
  if (!first) return <span className="text-ink-3">{t('no_numbers')}</span>;
  return (
    <span title={numbers.map(phone).join(', ')}>
      {phone(first)}
      {numbers.length > 1 && <span className="text-ink-3"> {t('and_more', { count: numbers.length - 1 })}</span>}
    </span>
  );
}

function Rented(props: {
  rows: GatewayPortRented[] | undefined;
  error: unknown;
  onRetry: () => void;
  onRelease: ((port: GatewayPortRented) => void) | null;
}) {
  const { t } = useTranslation('gateway-ports');
  const prices = usePrices();
  const { onRelease } = props;
  const state = useListState([]);
  const columns: Column<GatewayPortRented>[] = [
    {
      key: 'label',
      head: t('columns.port'),
      names: true,
      sort: (row) => row.label,
      cell: (row) => <TwoLines main={row.label} sub={`${row.gateway_label} · ${t(`kind.${row.kind}`)}`} />,
    },
    {
      key: 'numbers',
      label: t('columns.numbers'),
      sort: (row) => row.numbers.length,
      head: t('columns.numbers'),
      cell: (row) => <Numbers numbers={row.numbers} />,
      from: 'md',
    },
    {
      key: 'use',
      head: t('columns.in_use'),
      label: t('columns.in_use'),
      sort: (row) => row.in_use / row.channels,
      number: true,
      cell: (row) => (
        <Badge tone={loadTone(row.in_use, row.channels) === 'plain' ? 'line' : loadTone(row.in_use, row.channels)}>
          {t('n_of_m', { n: row.in_use, m: row.channels })}
        </Badge>
      ),
    },
    {
      key: 'light',
      head: t('columns.state'),
      label: t('columns.state'),
      sort: (row) => row.light,
      cell: (row) => <StatusDot tone={lightTone(row.light)}>{t(`light.${row.light}`)}</StatusDot>,
    },
    {
      key: 'since',
      head: t('columns.since'),
      label: t('columns.since'),
      sort: (row) => row.rented_at,
      cell: (row) => date(row.rented_at),
      from: 'xl',
    },
    ...(prices
      ? [
          {
            key: 'monthly',
            head: t('columns.monthly'),
            number: true,
            cell: (row: GatewayPortRented) => money(row.monthly),
            from: 'md' as const,
          },
        ]
      : []),
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        onRelease &&
        !row.own && (
          <MoreMenu label={t('more_of', { port: row.label })}>
            <MenuItem danger onSelect={() => onRelease(row)}>
              {t('release.menu')}
            </MenuItem>
          </MoreMenu>
        ),
    },
  ];
  return (
    <>
      {(props.rows?.length ?? 0) > 0 && (
        <div className="mb-3 flex justify-end">
          <ViewBar list="gateway_ports" state={state} columns={columns} />
        </div>
      )}
      <DataTable
        label={t('title')}
        columns={shownColumns(columns, state.columns)}
        sort={state.sort}
        onSort={(sort) => state.set({ sort })}
        rows={props.rows}
        rowKey={(row) => row.id}
        error={props.error}
        onRetry={props.onRetry}
        tall
        empty={
          <EmptyState title={t('empty')} className="py-8">
            {t(onRelease ? 'empty_note' : 'empty_note_read')}
          </EmptyState>
        }
      />
    </>
  );
}

function Shop({ onTake }: { onTake: (port: ShopGatewayPort) => void }) {
  const { t } = useTranslation('gateway-ports');
  const prices = usePrices();
  const shop = useQuery({ queryKey: keys.gatewayPortShop, queryFn: () => ok(api.GET('/v1/gateway-ports/shop')) });
  const columns: Column<ShopGatewayPort>[] = [
    {
      key: 'label',
      head: t('columns.port'),
      names: true,
      cell: (row) => <TwoLines main={row.label} sub={`${row.gateway_label} · ${t(`kind.${row.kind}`)}`} />,
    },
    { key: 'site', head: t('columns.site'), cell: (row) => row.site, from: 'lg' },
    { key: 'numbers', head: t('columns.numbers'), cell: (row) => <Numbers numbers={row.numbers} />, from: 'md' },
    { key: 'channels', head: t('columns.channels'), number: true, cell: (row) => row.channels, from: 'md' },
    { key: 'rental', head: t('columns.rental'), cell: (row) => t(`rental.${row.rental}`), from: 'lg' },
    ...(prices
      ? [
          {
            key: 'monthly',
            head: t('columns.monthly'),
            number: true,
            cell: (row: ShopGatewayPort) => money(row.monthly),
          },
        ]
      : []),
    {
      key: 'take',
      head: <span className="sr-only">{t('rent.menu')}</span>,
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => onTake(row)}>
          {t('rent.menu')}
        </Button>
      ),
    },
  ];
  return (
    <section className="mt-8">
      <h2 className="text-16 font-semibold tracking-tight">{t('shop_title')}</h2>
      <p className="mt-0.5 mb-3 max-w-[72ch] text-13 text-ink-2">{t('shop_note')}</p>
      <DataTable
        label={t('shop_title')}
        columns={columns}
        rows={shop.data}
        rowKey={(row) => row.id}
        error={shop.error}
        onRetry={() => void shop.refetch()}
        tall
        empty={<EmptyState title={t('shop_empty')}>{t('shop_empty_note')}</EmptyState>}
      />
    </section>
  );
}

function usePortChange<Out>(change: (id: string) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const noun of ['gateway-ports', 'gateway-port-shop', 'numbers', 'number-shop'])
        void client.invalidateQueries({ queryKey: [noun] });
    },
  });
}

function Rent({ port, onClose }: { port: ShopGatewayPort | null; onClose: () => void }) {
  const { t } = useTranslation('gateway-ports');
  const prices = usePrices();
  const say = useProblemText();
  const [key] = useState(() => crypto.randomUUID());
  const rent = usePortChange((id) =>
    ok(api.POST('/v1/gateway-ports/{id}/rent', { params: { path: { id } }, headers: once(`${key}-${id}`) })),
  );
  if (!port) return null;
  const price = money(port.monthly);
  return (
    <Confirm
      open
      gentle
      onClose={onClose}
      title={t('rent.title', { port: port.label })}
      action={prices ? t('rent.action', { price }) : t('rent.menu')}
      busy={rent.isPending}
      error={rent.isError ? say(rent.error) : null}
      onConfirm={() =>
        rent.mutate(port.id, {
          onSuccess: () => {
            toast(t('rent.done', { port: port.label }));
            onClose();
          },
        })
      }
    >
      {t(prices ? 'rent.text' : 'rent.text_free', { gateway: port.gateway_label, count: port.channels, price })}
    </Confirm>
  );
}

function Release({ port, onClose }: { port: GatewayPortRented | null; onClose: () => void }) {
  const { t } = useTranslation('gateway-ports');
  const say = useProblemText();
  const release = usePortChange((id) => ok(api.POST('/v1/gateway-ports/{id}/release', { params: { path: { id } } })));
  return (
    <Confirm
      open={port !== null}
      onClose={onClose}
      title={t('release.title', { port: port?.label })}
      action={t('release.menu')}
      busy={release.isPending}
      typed={{ word: port?.label ?? '', label: t('release.type', { port: port?.label }) }}
      error={release.isError ? say(release.error) : null}
      onConfirm={() =>
        port &&
        release.mutate(port.id, {
          onSuccess: () => {
            toast(t('release.done', { port: port.label }));
            onClose();
          },
        })
      }
    >
      {t('release.text')}
    </Confirm>
  );
}
