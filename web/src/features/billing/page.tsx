import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { count, dateTime, phone } from '../../i18n/format';
import { paths } from '../../paths';
import { Badge } from '../../ui/badge';
import { More } from '../../ui/more';
import { Sheet } from '../../ui/overlay';
import { Card, Page } from '../../ui/page';
import { EmptyState, ErrorState, Note, Skeleton } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { Limits } from './limits';
import { useBilling, useCharges, useStatement } from './queries';
import { day, exact, minutes, month } from './words';

type Account = Schemas['BillingAccount'];
type Month = Schemas['BillingMonth'];
type Destination = Schemas['BillingDestination'];
type Charge = Schemas['Charge'];
type Line = Schemas['StatementLine'];
const VIEWS = ['usage', 'charges', 'statement', 'limits'] as const;

/** What the company has, has spent, and will have spent. */
export function BillingPage() {
  const { t } = useTranslation('billing');
  const billing = useBilling();
  const search = useSearch({ strict: false }) as { view?: string };
  const navigate = useNavigate();
  const view = VIEWS.find((one) => one === search.view) ?? 'usage';
  const { account, month: of } = billing.data ?? {};
  if (billing.isError && !billing.data)
    return (
      <Page title={t('title')}>
        <ErrorState error={billing.error} onRetry={() => void billing.refetch()} />
      </Page>
    );
  if (!billing.data)
    return (
      <Page title={t('title')}>
        <Skeleton className="h-40" />
      </Page>
    );
  if (!account || !of)
    return (
      <Page title={t('title')}>
        <EmptyState title={t('none')}>{t('none_note')}</EmptyState>
      </Page>
    );
  return (
    <Page
      title={t('title')}
      views={
        <Segments
          label={t('view.label')}
          value={view}
          onChange={(next) => void navigate({ to: '.', search: { view: next } as never, replace: true })}
          options={VIEWS.map((value) => ({ value, label: t(`view.${value}`) }))}
        />
      }
    >
      <div className="flex flex-col gap-6">
        <Figures account={account} month={of} />
        {of.unrated_calls > 0 && <Note tone="info" title={t('unrated', { count: of.unrated_calls })} />}
        {view === 'usage' && <Usage month={of} currency={account.currency} />}
        {view === 'charges' && <Charges />}
        {view === 'statement' && <Statement />}
        {view === 'limits' && <Limits currency={account.currency} />}
      </div>
    </Page>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string | undefined }) {
  return (
    <div className="min-w-0 rounded-lg border border-line bg-panel p-4">
      <dt className="text-12 text-ink-3">{name}</dt>
      <dd className="num mt-1 truncate text-20 font-semibold">{value}</dd>
      {note && <dd className="mt-0.5 text-12 text-ink-2">{note}</dd>}
    </div>
  );
}

function Figures({ account, month: of }: { account: Account; month: Month }) {
  const { t, i18n } = useTranslation('billing');
  const say = (micros: number) => exact(micros, account.currency);
  return (
    <dl className="grid grid-cols-4 gap-4 max-lg:grid-cols-2 max-sm:grid-cols-1">
      <Figure
        name={t('balance')}
        value={say(account.balance_micros)}
        note={account.reserved_micros > 0 ? t('reserved', { amount: say(account.reserved_micros) }) : undefined}
      />
      <Figure
        name={t('available')}
        value={say(account.available_micros)}
        note={
          account.credit_limit_micros > 0
            ? t('credit_limit', { amount: say(account.credit_limit_micros) })
            : t('prepaid')
        }
      />
      <Figure
        name={t('spent', { month: month(of.from, i18n.language) })}
        value={say(of.spent_micros)}
        note={t('forecast', { amount: say(of.forecast_micros) })}
      />
      <Figure
        name={t('plan')}
        value={account.plan?.name ?? t('no_plan')}
        note={
          of.included_seconds > 0
            ? t('included', {
                used: minutes(of.included_used_seconds, i18n.language),
                all: minutes(of.included_seconds, i18n.language),
              })
            : undefined
        }
      />
    </dl>
  );
}

/** By destination; a row opens the lines that it is the sum of. */
function Usage({ month: of, currency }: { month: Month; currency: string }) {
  const { t, i18n } = useTranslation('billing');
  const [open, setOpen] = useState<Destination | null>(null);
  const columns: Column<Destination>[] = [
    {
      key: 'name',
      head: t('destination'),
      names: true,
      cell: (row) => <TwoLines main={row.name || `+${row.prefix}`} sub={<span className="num">+{row.prefix}</span>} />,
    },
    { key: 'direction', head: t('direction'), from: 'md', cell: (row) => t(`directions.${row.direction}`) },
    { key: 'calls', head: t('calls'), number: true, from: 'md', cell: (row) => count(row.calls) },
    { key: 'time', head: t('time'), number: true, from: 'md', cell: (row) => minutes(row.seconds, i18n.language) },
    { key: 'cost', head: t('cost'), number: true, cell: (row) => exact(row.spent_micros, currency) },
  ];
  return (
    <Card title={t('view.usage')} note={t('usage_note', { month: month(of.from, i18n.language) })}>
      <DataTable
        className="border-0"
        label={t('view.usage')}
        columns={columns}
        rows={of.destinations}
        rowKey={(row) => `${row.direction} ${row.prefix}`}
        onOpen={setOpen}
        empty={<EmptyState title={t('no_calls')}>{t('no_calls_note')}</EmptyState>}
      />
      <Sheet
        open={open !== null}
        onClose={() => setOpen(null)}
        title={open?.name || `+${open?.prefix ?? ''}`}
        note={open ? `${exact(open.spent_micros, currency)} · ${t('count_calls', { count: open.calls })}` : undefined}
      >
        {open && <Lines filter={{ prefix: open.prefix, from: of.from, until: of.until }} />}
      </Sheet>
    </Card>
  );
}

function kindText(t: ReturnType<typeof useTranslation<'billing'>>['t'], charge: Charge): string {
  const kind = charge.kind.startsWith('included:') ? 'included' : charge.kind;
  const text = t(`kinds.${kind as 'usage'}`);
  return charge.reversal ? t('reversed', { what: text }) : text;
}

/** Lines in a sheet, each with its call. */
function Lines({ filter }: { filter: { prefix: string; from: string; until: string } }) {
  const { t } = useTranslation('billing');
  const charges = useCharges(filter);
  if (charges.isError) return <ErrorState error={charges.error} onRetry={() => void charges.refetch()} />;
  if (!charges.data) return <Skeleton className="h-40" />;
  return (
    <>
      <ul className="rounded-md border border-line text-13">
        {charges.data.pages
          .flatMap((page) => page.items)
          .map((one) => (
            <li key={one.id} className="flex items-center gap-3 border-line px-3 py-2 not-last:border-b">
              <span className="min-w-0 grow">
                <Link to={paths.call(one.call)} className="block truncate font-medium hover:underline">
                  {phone(one.number)}
                </Link>
                <span className="text-12 text-ink-3">
                  {dateTime(one.at)} · {kindText(t, one)}
                </span>
              </span>
              <span className="num">{exact(one.amount_micros, one.currency)}</span>
            </li>
          ))}
      </ul>
      <More of={charges} className="mt-3" />
    </>
  );
}

function Charges() {
  const { t, i18n } = useTranslation('billing');
  const charges = useCharges({});
  const columns: Column<Charge>[] = [
    {
      key: 'number',
      head: t('number'),
      names: true,
      cell: (row) => (
        <TwoLines
          main={
            <Link to={paths.call(row.call)} className="hover:underline">
              {phone(row.number)}
            </Link>
          }
          sub={row.destination || `+${row.prefix}`}
        />
      ),
    },
    {
      key: 'kind',
      head: t('what'),
      cell: (row) => (row.reversal ? <Badge tone="warn">{kindText(t, row)}</Badge> : kindText(t, row)),
    },
    {
      key: 'seconds',
      head: t('seconds'),
      number: true,
      from: 'md',
      cell: (row) => (row.seconds > 0 ? count(row.seconds) : ''),
    },
    { key: 'day', head: t('day'), from: 'md', cell: (row) => day(row.day, i18n.language) },
    { key: 'cost', head: t('cost'), number: true, cell: (row) => exact(row.amount_micros, row.currency) },
  ];
  return (
    <section>
      <DataTable
        label={t('view.charges')}
        columns={columns}
        rows={charges.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        error={charges.error}
        onRetry={() => void charges.refetch()}
        tall
        empty={<EmptyState title={t('no_calls')}>{t('no_calls_note')}</EmptyState>}
      />
      <More of={charges} className="mt-3" />
    </section>
  );
}

function Statement() {
  const { t } = useTranslation('billing');
  const lines = useStatement();
  const columns: Column<Line>[] = [
    { key: 'at', head: t('when'), names: true, cell: (row) => dateTime(row.at) },
    {
      key: 'kind',
      head: t('what'),
      cell: (row) =>
        row.call ? (
          <Link to={paths.call(row.call)} className="hover:underline">
            {t(`statement.${row.kind}`)}
          </Link>
        ) : (
          <TwoLines main={t(`statement.${row.kind}`)} sub={row.reference} />
        ),
    },
    { key: 'amount', head: t('amount'), number: true, cell: (row) => exact(row.amount_micros, row.currency) },
  ];
  return (
    <section>
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t('statement_note')}</p>
      <DataTable
        label={t('view.statement')}
        columns={columns}
        rows={lines.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        error={lines.error}
        onRetry={() => void lines.refetch()}
        tall
        empty={<EmptyState title={t('no_entries')} />}
      />
      <More of={lines} className="mt-3" />
    </section>
  );
}
