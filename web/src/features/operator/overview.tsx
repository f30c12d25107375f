import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveCall } from '../../api/types';
import { useNow } from '../../hooks';
import { clock, count, phone, time } from '../../i18n/format';
import { paths } from '../../paths';
import { buttonClass } from '../../ui/button';
import { Cord } from '../../ui/cord';
import { cx } from '../../ui/cx';
import { Card, Page } from '../../ui/page';
import { EmptyState, ErrorState, Note, Skeleton } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { lightReason, type Say } from './gateway/words';
import { useGateways, useOperatorLiveCalls, useOverview, usePendingLinks } from './queries';

export function OverviewPage() {
  const { t } = useTranslation('operator');
  const overview = useOverview();
  const gateways = useGateways();
  const data = overview.data;
  return (
    <Page
      title={t('places.overview')}
      actions={
        data && (
          <span className={cx('num text-13', overview.isError ? 'text-warn' : 'text-ink-3')}>
            {t('common:as_of', { time: time(overview.dataUpdatedAt) })}
          </span>
        )
      }
    >
      {overview.isError && !data && <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />}
      <div className="flex flex-col gap-4">
        <Attention />
        <div className="grid grid-cols-4 gap-px overflow-hidden rounded-lg border border-line bg-line max-lg:grid-cols-2">
          <Figure
            to={paths.operatorGateways}
            name={t('figures.calls')}
            value={data && count(data.live_calls)}
            note={data && t('figures.channels', { n: data.channels_in_use, m: data.channels })}
          >
            {data && <Bar n={data.channels_in_use} of={data.channels} />}
          </Figure>
          <Figure
            to={paths.operatorGateways}
            name={t('figures.gateways')}
            value={data && t('figures.of', { n: data.gateways_online, m: data.gateways })}
            note={data && t('figures.ports', { count: data.gateway_ports })}
            bad={gateways.data?.some((one) => one.light === 'offline' || one.light === 'fault') ?? false}
          />
          <Figure
            to={paths.operatorNumbers}
            name={t('figures.numbers')}
            value={data && count(data.numbers)}
            note={data && t('figures.available', { count: data.numbers_available })}
          />
          <Figure to={paths.operatorTenants} name={t('figures.companies')} value={data && count(data.tenants)} />
        </div>
        <LiveCalls />
      </div>
    </Page>
  );
}

function Figure(props: {
  to: string;
  name: string;
  value: string | undefined;
  note?: string | undefined;
  bad?: boolean;
  children?: ReactNode;
}) {
  return (
    <Link to={props.to} className="flex min-h-28 flex-col gap-1 bg-panel p-4 outline-offset-[-2px] hover:bg-panel-2">
      <span className="text-12 font-medium text-ink-3">{props.name}</span>
      {props.value === undefined ? (
        <Skeleton className="h-7 w-16" />
      ) : (
        <span className={cx('num text-28 font-semibold tracking-tight', props.bad && 'text-bad')}>{props.value}</span>
      )}
      {props.note && <span className="num text-13 text-ink-2">{props.note}</span>}
      {props.children}
    </Link>
  );
}

function Bar({ n, of }: { n: number; of: number }) {
  const share = of === 0 ? 0 : n / of;
  return (
    <svg
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      className="mt-auto h-1.5 w-full rounded-full"
      aria-hidden="true"
    >
      <rect width="100" height="6" className="fill-hover" />
      <rect
        width={share * 100}
        height="6"
        className={share >= 0.95 ? 'fill-bad' : share >= 0.85 ? 'fill-warn' : 'fill-ink-2'}
      />
    </svg>
  );
}

/** What waits for the operator, worst first; nothing when nothing does. */
function Attention() {
  const { t } = useTranslation('operator');
  const gateways = useGateways();
  const links = usePendingLinks();
  const down = (gateways.data ?? []).filter((one) => one.light === 'offline' || one.light === 'fault');
  return (
    <>
      {down.map((one) => (
        <Note
          key={one.id}
          tone="bad"
          title={t('down', { gateway: one.label })}
          action={
            <Link to={paths.operatorGateway(one.id)} className={buttonClass({ size: 'xs' })}>
              {t('open')}
            </Link>
          }
        >
          {lightReason(one, t as Say)}
        </Note>
      ))}
      {links.data && links.data.length > 0 && (
        <Note
          tone="info"
          title={t('links.waiting', { count: links.data.length })}
          action={
            <Link to={paths.operatorLinks} className={buttonClass({ size: 'xs' })}>
              {t('open')}
            </Link>
          }
        />
      )}
    </>
  );
}

function LiveCalls() {
  const { t } = useTranslation('operator');
  const calls = useOperatorLiveCalls();
  const now = useNow();
  const columns: Column<LiveCall>[] = [
    { key: 'caller', head: t('calls.caller'), names: true, cell: (row) => phone(row.caller) },
    {
      key: 'cord',
      head: <span className="sr-only">{t('calls.state')}</span>,
      className: 'w-14',
      cell: (row) => <Cord state={row.state} />,
    },
    { key: 'called', head: t('calls.called'), cell: (row) => phone(row.called) },
    { key: 'state', head: t('calls.state'), from: 'md', cell: (row) => t(`calls.${row.state}`) },
    { key: 'way', head: t('calls.direction'), from: 'md', cell: (row) => t(`calls.${row.direction}`) },
    { key: 'since', head: t('calls.since'), number: true, cell: (row) => clock(now - Date.parse(row.since)) },
  ];
  return (
    <Card title={t('calls.title')}>
      <DataTable
        label={t('calls.title')}
        columns={columns}
        rows={calls.data}
        rowKey={(row) => row.call}
        error={calls.error}
        onRetry={() => void calls.refetch()}
        className="border-0"
        empty={<EmptyState title={t('calls.none')} className="py-8" />}
      />
    </Card>
  );
}
