import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { count } from '../../../i18n/format';
import { Badge } from '../../../ui/badge';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { EmptyState, ErrorState, Skeleton } from '../../../ui/state';
import { type Column, DataTable, TwoLines } from '../../../ui/table';
import { useComparison, usePriceLists } from './queries';
import { day, exact, itemText } from './words';

type List = Schemas['PriceList'];
type Change = Schemas['RateChange'];
const SUMS = ['added', 'removed', 'changed', 'dearer', 'cheaper'] as const;

/** What differs between this version and another of its currency. */
export function Comparison({ list }: { list: List }) {
  const { t } = useTranslation('prices');
  const lists = usePriceLists();
  const others = lists.data?.filter((one) => one.currency === list.currency && one.id !== list.id) ?? [];
  const usual = others.find((one) => one.version < list.version) ?? others[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const other = chosen ?? usual?.id ?? null;
  const found = useComparison(list.id, other);
  if (lists.data && others.length === 0)
    return <EmptyState title={t('compare.alone')}>{t('compare.alone_note')}</EmptyState>;
  return (
    <div className="flex flex-col gap-4">
      <Field label={t('compare.with')} className="w-72 max-w-full">
        {(wiring) => (
          <Select
            {...wiring}
            value={other}
            onChange={setChosen}
            options={others.map((one) => ({
              value: one.id,
              label: t('version', { currency: one.currency, version: one.version }),
            }))}
          />
        )}
      </Field>
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {!found.data && !found.isError && <Skeleton className="h-40" />}
      {found.data && <Differences of={found.data} currency={list.currency} />}
    </div>
  );
}

function Differences({ of, currency }: { of: Schemas['PriceListComparison']; currency: string }) {
  const { t } = useTranslation('prices');
  return (
    <>
      <p className="text-13 text-ink-2">
        {t('compare.what', { older: of.older.version, newer: of.newer.version, currency })}
      </p>
      <Sums of={of.summary} />
      {of.items.length > 0 && (
        <DataTable
          label={t('view.catalogue')}
          rows={of.items}
          rowKey={(row) => row.item}
          empty={null}
          columns={[
            { key: 'item', head: t('catalogue.what'), names: true, cell: (row) => itemText(t, row.item) },
            {
              key: 'before',
              head: t('compare.before'),
              number: true,
              cell: (row) =>
                row.before_micros === null || row.before_micros === undefined
                  ? t('compare.not_sold')
                  : exact(row.before_micros, currency),
            },
            {
              key: 'after',
              head: t('compare.after'),
              number: true,
              cell: (row) =>
                row.after_micros === null || row.after_micros === undefined
                  ? t('compare.not_sold')
                  : exact(row.after_micros, currency),
            },
          ]}
        />
      )}
      <RateChanges rows={of.rates} currency={currency} />
    </>
  );
}

export function Sums({ of }: { of: Schemas['DeckSummary'] }) {
  const { t } = useTranslation('prices');
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2">
      {SUMS.map((key) => (
        <div key={key}>
          <dt className="text-12 text-ink-3">{t(`compare.${key}`)}</dt>
          <dd className="num text-16 font-semibold">{count(of[key])}</dd>
        </div>
      ))}
    </dl>
  );
}

export function RateChanges({ rows, currency }: { rows: Change[]; currency: string }) {
  const { t, i18n } = useTranslation('prices');
  const price = (rate: Change['before']) =>
    rate ? (
      <TwoLines
        main={exact(rate.per_minute_micros, currency)}
        sub={`${rate.increment} · ${exact(rate.setup_micros, currency)}`}
      />
    ) : (
      <span className="text-ink-3">{t('common:none')}</span>
    );
  const columns: Column<Change>[] = [
    {
      key: 'prefix',
      head: t('rate.prefix'),
      names: true,
      cell: (row) => {
        const rate = row.after ?? row.before;
        return rate && <TwoLines main={<span className="num">+{rate.prefix}</span>} sub={rate.name} />;
      },
    },
    {
      key: 'kind',
      head: t('compare.kind'),
      from: 'md',
      cell: (row) => (
        <Badge tone={row.before && row.after ? 'info' : row.after ? 'ok' : 'plain'}>
          {t(row.before && row.after ? 'compare.changed' : row.after ? 'compare.added' : 'compare.removed')}
        </Badge>
      ),
    },
    { key: 'before', head: t('compare.before'), number: true, cell: (row) => price(row.before) },
    { key: 'after', head: t('compare.after'), number: true, cell: (row) => price(row.after) },
    {
      key: 'from',
      head: t('rate.from'),
      from: 'lg',
      cell: (row) => day((row.after ?? row.before)?.from ?? '', i18n.language),
    },
  ];
  return (
    <DataTable
      label={t('view.compare')}
      columns={columns}
      rows={rows}
      rowKey={(row) => {
        const rate = row.after ?? row.before;
        return `${rate?.direction} ${rate?.prefix} ${rate?.from}`;
      }}
      empty={<EmptyState title={t('compare.same')} />}
    />
  );
}
