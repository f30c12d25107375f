import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas, Webhook, WebhookDelivery } from '../../api/types';
import { useNow } from '../../hooks';
import { recently } from '../../i18n/format';
import { Button } from '../../ui/button';
import { More } from '../../ui/more';
import { Select } from '../../ui/select';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { DeliveryDialog } from './delivery';
import { useDeliveries } from './queries';
import { ReplayDialog } from './replay';
import { Answer, DeliveryState } from './state';

const STATES = ['all', 'failing', 'set_aside', 'taken'] as const;

/** What was sent to an endpoint, newest first. */
export function Deliveries({ of, writes }: { of: Webhook; writes: boolean }) {
  const { t } = useTranslation('webhooks');
  const [state, setState] = useState<(typeof STATES)[number]>('all');
  const [open, setOpen] = useState<string | null>(null);
  const [replaying, setReplaying] = useState(false);
  const filter = state === 'all' ? {} : { state: state satisfies Schemas['DeliveryState'] };
  const list = useDeliveries(of.id, filter);
  const rows = list.data?.pages.flatMap((page) => page.items);
  return (
    <section aria-labelledby="deliveries" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h2 id="deliveries" className="mr-auto text-14 font-semibold">
          {t('deliveries')}
        </h2>
        <Select
          size="sm"
          className="w-40"
          label={t('delivery.which')}
          value={state}
          onChange={setState}
          options={STATES.map((value) => ({ value, label: t(`delivery.state.${value}`) }))}
        />
        {writes && (
          <Button
            size="sm"
            busy={of.replaying}
            reason={of.state !== 'active' && t('not_served')}
            onClick={() => setReplaying(true)}
          >
            {of.replaying ? t('replaying') : t('replay')}
          </Button>
        )}
      </div>
      <DataTable
        label={t('deliveries')}
        columns={useColumns(setOpen)}
        rows={rows}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        onOpen={(row) => setOpen(row.id)}
        selected={open}
        empty={<EmptyState title={t('no_deliveries')}>{t('no_deliveries_note')}</EmptyState>}
      />
      <More of={list} className="self-start" />
      <DeliveryDialog id={open} of={of} writes={writes} onClose={() => setOpen(null)} />
      <ReplayDialog open={replaying} of={of} onClose={() => setReplaying(false)} />
    </section>
  );
}

function useColumns(open: (id: string) => void): Column<WebhookDelivery>[] {
  const { t } = useTranslation('webhooks');
  const now = useNow(30_000);
  return [
    {
      key: 'kind',
      head: t('delivery.event'),
      names: true,
      cell: (row) => (
        <span className="flex items-baseline gap-2">
          <code>{row.kind}</code>
          <span className="text-12 text-ink-3 tabular-nums">{row.seq}</span>
          {row.is_replay && row.kind !== 'webhook.tested' && (
            <span className="text-12 text-ink-3">{t('delivery.again')}</span>
          )}
        </span>
      ),
    },
    { key: 'state', head: t('column.state'), cell: (row) => <DeliveryState of={row} /> },
    { key: 'answer', head: t('delivery.answer'), from: 'md', cell: (row) => <Answer of={row} /> },
    { key: 'attempts', head: t('delivery.attempts'), number: true, from: 'md', cell: (row) => row.attempts },
    { key: 'at', head: t('delivery.last'), from: 'md', cell: (row) => recently(row.last_at, now) },
    {
      key: 'open',
      head: <span className="sr-only">{t('open')}</span>,
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => open(row.id)}>
          {t('open')}
        </Button>
      ),
    },
  ];
}
