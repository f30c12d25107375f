import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Confirm, Dialog } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useChangeTenant, useTenants } from './queries';

type Tenant = Schemas['OperatorTenant'];

export function CompaniesPage() {
  const { t } = useTranslation('operator');
  const tenants = useTenants();
  const [limiting, setLimiting] = useState<Tenant | null>(null);
  const [stopping, setStopping] = useState<Tenant | null>(null);
  const columns: Column<Tenant>[] = [
    {
      key: 'name',
      head: t('companies.name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={row.realm} />,
    },
    { key: 'members', head: t('companies.members'), number: true, from: 'lg', cell: (row) => row.members },
    { key: 'seats', head: t('companies.seats'), number: true, from: 'md', cell: (row) => row.seats },
    { key: 'numbers', head: t('places.numbers'), number: true, from: 'md', cell: (row) => row.numbers },
    {
      key: 'calls',
      head: t('companies.calls'),
      number: true,
      cell: (row) =>
        row.live_calls >= row.max_calls ? (
          <Badge tone="bad">{t('figures.of', { n: row.live_calls, m: row.max_calls })}</Badge>
        ) : (
          t('figures.of', { n: row.live_calls, m: row.max_calls })
        ),
    },
    { key: 'since', head: t('companies.since'), from: 'xl', cell: (row) => date(row.created_at) },
    {
      key: 'state',
      head: t('companies.state'),
      from: 'md',
      cell: (row) =>
        row.state === 'active' ? (
          <StatusDot tone="ok">{t('companies.active')}</StatusDot>
        ) : (
          <Badge tone="warn">{t('companies.suspended')}</Badge>
        ),
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) => (
        <MoreMenu label={t('companies.more', { company: row.name })}>
          <MenuItem onSelect={() => setLimiting(row)}>{t('companies.limit')}</MenuItem>
          <MenuLine />
          <MenuItem danger={row.state === 'active'} onSelect={() => setStopping(row)}>
            {row.state === 'active' ? t('companies.suspend') : t('companies.let_in')}
          </MenuItem>
        </MoreMenu>
      ),
    },
  ];
  return (
    <Page title={t('places.companies')}>
      <DataTable
        label={t('places.companies')}
        columns={columns}
        rows={tenants.data}
        rowKey={(row) => row.id}
        error={tenants.error}
        onRetry={() => void tenants.refetch()}
        tall
        empty={<EmptyState title={t('companies.empty')}>{t('companies.empty_note')}</EmptyState>}
      />
      {limiting && <LimitDialog tenant={limiting} onClose={() => setLimiting(null)} />}
      {stopping && <StopDialog tenant={stopping} onClose={() => setStopping(null)} />}
    </Page>
  );
}

function LimitDialog({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeTenant();
  const [text, setText] = useState(String(tenant.max_calls));
  const value = Number(text);
  const good = Number.isInteger(value) && value >= 1 && value <= 10_000;
  return (
    <Dialog open onClose={onClose} title={t('companies.limit')} note={tenant.name}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!good) return;
          change.mutate(
            { id: tenant.id, max_calls: value },
            {
              onSuccess: () => {
                toast(t('common:saved'));
                onClose();
              },
            },
          );
        }}
      >
        <TextField
          label={t('companies.max_calls')}
          hint={t('companies.max_calls_hint')}
          error={good ? null : t('fault.channels')}
          inputMode="numeric"
          value={text}
          onChange={(event) => setText(event.target.value.replace(/\D/g, ''))}
          className="num w-32"
        />
        {change.isError && <Note tone="bad" title={say(change.error)} />}
        <Button type="submit" look="primary" className="self-start" busy={change.isPending}>
          {t('common:save')}
        </Button>
      </form>
    </Dialog>
  );
}

function StopDialog({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeTenant();
  const stop = tenant.state === 'active';
  return (
    <Confirm
      open
      gentle={!stop}
      onClose={onClose}
      title={t(stop ? 'companies.suspend_title' : 'companies.let_in_title', { company: tenant.name })}
      action={stop ? t('companies.suspend') : t('companies.let_in')}
      busy={change.isPending}
      error={change.isError ? say(change.error) : null}
      onConfirm={() => change.mutate({ id: tenant.id, state: stop ? 'suspended' : 'active' }, { onSuccess: onClose })}
    >
      {stop ? t('companies.suspend_text') : t('companies.let_in_text')}
    </Confirm>
  );
}
