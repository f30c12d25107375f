import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { date } from '../../i18n/format';
import { Badge, StatusDot } from '../../ui/badge';
import { SearchField } from '../../ui/field';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { More } from '../../ui/more';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { shownColumns, useListState } from '../views/list-state';
import { ColumnMenu } from '../views/view-bar';
import { CompanySheet } from './company/sheet';
import { StopDialog } from './company/stop';
import { useTenants } from './queries';

type Tenant = Schemas['OperatorTenant'];
type State = 'all' | 'active' | 'suspended';

const FILTERS = ['q', 'state'] as const;
const STATES = ['all', 'active', 'suspended'] as const satisfies readonly State[];

export function CompaniesPage() {
  const { t } = useTranslation('operator');
  const navigate = useNavigate();
  const { company: open, ...kept } = useSearch({ strict: false }) as { company?: string };
  const list = useListState(FILTERS);
  const text = list.filter.q ?? '';
  const state = STATES.find((one) => one === list.filter.state) ?? 'all';
  const put = (change: Record<string, string>) => list.set({ filter: { ...list.filter, ...change } });
  const search = useDeferredValue(text.trim());
  const tenants = useTenants({ ...(search ? { search } : {}), ...(state === 'all' ? {} : { state }) });
  const rows = tenants.data?.pages.flatMap((page) => page.items);
  const [stopping, setStopping] = useState<Tenant | null>(null);
  const go = (company: string | null) =>
    void navigate({ to: '.', search: (company ? { ...kept, company } : kept) as never });
  const columns = useColumns(go, setStopping);
  return (
    <Page
      title={t('places.companies')}
      views={
        <Segments
          label={t('companies.state')}
          value={state}
          onChange={(value) => put({ state: value === 'all' ? '' : value })}
          options={STATES.map((value) => ({
            value,
            label: t(`companies.filter.${value}`),
          }))}
        />
      }
    >
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <SearchField
          label={t('companies.search')}
          value={text}
          onChange={(q) => put({ q })}
          className="w-72 max-w-full"
        />
        <ColumnMenu columns={columns} state={list} />
      </div>
      <DataTable
        label={t('places.companies')}
        columns={shownColumns(columns, list.columns)}
        rows={rows}
        rowKey={(row) => row.id}
        error={tenants.error}
        onRetry={() => void tenants.refetch()}
        onOpen={(row) => go(row.id)}
        selected={open ?? null}
        tall
        empty={
          search || state !== 'all' ? (
            <EmptyState title={t('common:nothing_found')} />
          ) : (
            <EmptyState title={t('companies.empty')}>{t('companies.empty_note')}</EmptyState>
          )
        }
      />
      <More of={tenants} className="mt-3" />
      <CompanySheet id={open ?? null} onClose={() => go(null)} onStop={setStopping} />
      {stopping && <StopDialog tenant={stopping} onClose={() => setStopping(null)} />}
    </Page>
  );
}

function useColumns(open: (id: string) => void, stop: (row: Tenant) => void): Column<Tenant>[] {
  const { t } = useTranslation('operator');
  return [
    {
      key: 'name',
      head: t('companies.name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={row.realm} />,
    },
    {
      key: 'members',
      label: t('companies.members'),
      head: t('companies.members'),
      number: true,
      from: 'lg',
      cell: (row) => row.members,
    },
    {
      key: 'seats',
      label: t('companies.seats'),
      head: t('companies.seats'),
      number: true,
      from: 'md',
      cell: (row) => row.seats,
    },
    {
      key: 'numbers',
      label: t('places.numbers'),
      head: t('places.numbers'),
      number: true,
      from: 'md',
      cell: (row) => row.numbers,
    },
    {
      key: 'calls',
      head: t('companies.calls'),
      label: t('companies.calls'),
      number: true,
      from: 'md',
      cell: (row) =>
        row.live_calls >= row.max_calls ? (
          <Badge tone="bad">{t('figures.of', { n: row.live_calls, m: row.max_calls })}</Badge>
        ) : (
          t('figures.of', { n: row.live_calls, m: row.max_calls })
        ),
    },
    {
      key: 'since',
      label: t('companies.since'),
      head: t('companies.since'),
      from: 'xl',
      cell: (row) => date(row.created_at),
    },
    {
      key: 'state',
      label: t('companies.state'),
      head: t('companies.state'),
      cell: (row) => <CompanyState state={row.state} />,
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) => (
        <MoreMenu label={t('companies.more', { company: row.name })}>
          <MenuItem onSelect={() => open(row.id)}>{t('companies.look')}</MenuItem>
          <MenuLine />
          <MenuItem danger={row.state === 'active'} onSelect={() => stop(row)}>
            {row.state === 'active' ? t('companies.suspend') : t('companies.let_in')}
          </MenuItem>
        </MoreMenu>
      ),
    },
  ];
}

export function CompanyState({ state }: { state: string }) {
  const { t } = useTranslation('operator');
  return state === 'active' ? (
    <StatusDot tone="ok">{t('companies.active')}</StatusDot>
  ) : (
    <Badge tone="warn">{t('companies.suspended')}</Badge>
  );
}
