import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { country } from '../../../i18n/format';
import { Badge, StatusDot } from '../../../ui/badge';
import { type Column, TwoLines } from '../../../ui/table';
import { day, exact } from '../../billing/words';

export { day, exact };

type List = Schemas['PriceList'];
type Rate = Schemas['DeckRate'];

/** What a price is for, in words: `number:local:DE` is a local number in Germany. */
export function itemText(t: TFunction<'prices'>, item: string): string {
  const [kind = '', what = '', where = ''] = item.split(':');
  if (kind === 'number')
    return t('item.number', { kind: t(`number_kind.${what as 'local'}`), country: country(where) });
  if (kind === 'gateway_port') return t(`port_kind.${what as 'fxo_port'}`);
  if (kind === 'plan') return t('item.plan', { key: what });
  return t(`item.${kind as 'seat'}`);
}

export function ListState({ of }: { of: List }) {
  const { t } = useTranslation('prices');
  const text = t(`state.${of.state}`);
  if (of.state === 'draft') return <Badge tone="warn">{text}</Badge>;
  return (
    <StatusDot tone={of.state === 'in_force' ? 'ok' : of.state === 'scheduled' ? 'info' : 'line'}>{text}</StatusDot>
  );
}

export function rateColumns(t: TFunction<'prices'>, language: string, currency: string): Column<Rate>[] {
  return [
    {
      key: 'prefix',
      head: t('rate.prefix'),
      names: true,
      cell: (row) => <TwoLines main={<span className="num">+{row.prefix}</span>} sub={row.name} />,
    },
    {
      key: 'direction',
      head: t('rate.direction'),
      from: 'lg',
      cell: (row) => (
        <span className="inline-flex gap-2">
          {t(`direction.${row.direction}`)}
          {row.class === 'premium' && <Badge tone="warn">{t('premium')}</Badge>}
        </span>
      ),
    },
    {
      key: 'minute',
      head: t('rate.per_minute'),
      number: true,
      cell: (row) => exact(row.per_minute_micros, currency),
    },
    {
      key: 'setup',
      head: t('rate.setup'),
      number: true,
      from: 'md',
      cell: (row) => exact(row.setup_micros, currency),
    },
    {
      key: 'minimum',
      head: t('rate.minimum'),
      number: true,
      from: 'xl',
      cell: (row) => exact(row.minimum_micros, currency),
    },
    { key: 'increment', head: t('rate.increment'), number: true, from: 'md', cell: (row) => row.increment },
    {
      key: 'from',
      head: t('rate.from'),
      from: 'lg',
      cell: (row) =>
        row.until
          ? t('rate.span', { from: day(row.from, language), until: day(row.until, language) })
          : day(row.from, language),
    },
  ];
}
