import { FileUp, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperatorNumber, Schemas } from '../../api/types';
import { date, money, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm, Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { shownColumns, useListState } from '../views/list-state';
import { ColumnMenu } from '../views/view-bar';
import { NumberBlockForm } from './number-block-form';
import { NumberImport } from './number-import';
import { StockSheet } from './number-sheet';
import { useGateways, useOperatorNumbers, useRetireNumber } from './queries';

type State = Schemas['NumberState'] | 'all';

export function OperatorNumbersPage() {
  const { t } = useTranslation('operator');
  const [state, setState] = useState<State>('all');
  const numbers = useOperatorNumbers(state === 'all' ? {} : { state });
  const gateways = useGateways();
  const [adding, setAdding] = useState(false);
  const [retiring, setRetiring] = useState<OperatorNumber | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [importing, setImporting] = useState(false);
  const add = (
    <>
      <Button size="sm" onClick={() => setImporting(true)}>
        <FileUp aria-hidden className="size-4" />
        {t('import.menu')}
      </Button>
      <Button size="sm" look="primary" onClick={() => setAdding(true)}>
        <Plus aria-hidden className="size-4" />
        {t('block.menu')}
      </Button>
    </>
  );
  return (
    <Page
      title={t('places.numbers')}
      actions={add}
      views={
        <Segments
          label={t('numbers.state')}
          value={state}
          onChange={setState}
          options={(['all', 'available', 'reserved', 'assigned', 'porting_in', 'quarantined'] as const).map(
            (value) => ({
              value,
              label: t(`numbers.filter.${value}`),
            }),
          )}
        />
      }
    >
      <Table
        numbers={numbers}
        onOpen={(row) => setOpen(row.id)}
        onRetire={setRetiring}
        empty={
          state === 'all' ? (
            <EmptyState title={t('numbers.empty')} action={add}>
              {t('numbers.empty_note')}
            </EmptyState>
          ) : (
            <EmptyState title={t('common:nothing_found')} />
          )
        }
      />
      {numbers.data?.next_cursor && <p className="mt-3 text-13 text-ink-3">{t('numbers.first_200')}</p>}
      <Sheet open={adding} onClose={() => setAdding(false)} title={t('block.menu')} note={t('block.note')}>
        <NumberBlockForm gateways={gateways.data ?? []} onDone={() => setAdding(false)} />
      </Sheet>
      {importing && <NumberImport onClose={() => setImporting(false)} />}
      <StockSheet number={numbers.data?.items.find((one) => one.id === open) ?? null} onClose={() => setOpen(null)} />
      <Retire number={retiring} onClose={() => setRetiring(null)} />
    </Page>
  );
}

function Table(props: {
  numbers: ReturnType<typeof useOperatorNumbers>;
  onOpen: (row: OperatorNumber) => void;
  onRetire: (row: OperatorNumber) => void;
  empty: React.ReactNode;
}) {
  const { t } = useTranslation('operator');
  const prices = usePrices();
  const list = useListState([]);
  const { numbers } = props;
  const columns: Column<OperatorNumber>[] = [
    {
      key: 'number',
      head: t('numbers.number'),
      names: true,
      cell: (row) => <TwoLines main={phone(row.e164)} sub={[row.area, row.country].filter(Boolean).join(', ')} />,
    },
    {
      key: 'port',
      head: t('numbers.port'),
      label: t('numbers.port'),
      from: 'md',
      cell: (row) => <TwoLines main={row.gateway_port_label} sub={row.gateway_label} />,
    },
    {
      key: 'kind',
      label: t('numbers.kind'),
      head: t('numbers.kind'),
      from: 'lg',
      cell: (row) => t(`number_kind.${row.kind}`),
    },
    {
      key: 'company',
      head: t('numbers.company'),
      label: t('numbers.company'),
      cell: (row) => row.company ?? row.kept_for ?? <span className="text-ink-3">{t('numbers.nobody')}</span>,
    },
    ...(prices
      ? [
          {
            key: 'monthly',
            head: t('numbers.monthly'),
            label: t('numbers.monthly'),
            number: true,
            from: 'md' as const,
            cell: (row: OperatorNumber) => money(row.monthly),
          },
        ]
      : []),
    {
      key: 'state',
      head: t('numbers.state'),
      label: t('numbers.state'),
      cell: (row) =>
        row.state === 'quarantined' ? (
          <Badge tone="warn">
            {row.quarantined_until
              ? t('numbers.rests_until', { date: date(row.quarantined_until) })
              : t('number_state.quarantined')}
          </Badge>
        ) : (
          <StatusDot tone={row.state === 'assigned' ? 'ok' : 'line'}>{t(`number_state.${row.state}`)}</StatusDot>
        ),
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        row.state !== 'retired' && (
          <MoreMenu label={t('numbers.more', { number: phone(row.e164) })}>
            <MenuItem onSelect={() => props.onOpen(row)}>{t('numbers.open')}</MenuItem>
            <MenuItem danger disabled={row.state === 'assigned'} onSelect={() => props.onRetire(row)}>
              {row.state === 'assigned' ? t('numbers.retire_not') : t('numbers.retire')}
            </MenuItem>
          </MoreMenu>
        ),
    },
  ];
  return (
    <>
      <div className="mb-3 flex justify-end">
        <ColumnMenu columns={columns} state={list} />
      </div>
      <DataTable
        label={t('places.numbers')}
        columns={shownColumns(columns, list.columns)}
        rows={numbers.data?.items}
        rowKey={(row) => row.id}
        error={numbers.error}
        onRetry={() => void numbers.refetch()}
        onOpen={props.onOpen}
        tall
        empty={props.empty}
      />
    </>
  );
}

function Retire({ number, onClose }: { number: OperatorNumber | null; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const retire = useRetireNumber();
  const shown = number ? phone(number.e164) : '';
  return (
    <Confirm
      open={number !== null}
      onClose={onClose}
      title={t('numbers.retire_title', { number: shown })}
      action={t('numbers.retire')}
      busy={retire.isPending}
      error={retire.isError ? say(retire.error) : null}
      onConfirm={() =>
        number &&
        retire.mutate(number.id, {
          onSuccess: () => {
            toast(t('numbers.retired', { number: shown }));
            onClose();
          },
        })
      }
    >
      {t('numbers.retire_text')}
    </Confirm>
  );
}
