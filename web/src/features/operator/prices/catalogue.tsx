import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { micros, written } from '../../../i18n/amount';
import { useCountries } from '../../../i18n/countries';
import { count } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { Combobox } from '../../../ui/combobox';
import { Field, TextField } from '../../../ui/field';
import { Dialog } from '../../../ui/overlay';
import { Card } from '../../../ui/page';
import { Select } from '../../../ui/select';
import { EmptyState, Note } from '../../../ui/state';
import { type Column, DataTable, TwoLines } from '../../../ui/table';
import { useChangePriceList } from './queries';
import { exact, itemText } from './words';

type Detail = Schemas['PriceListDetail'];
type Plan = Schemas['PlanPrice'];
type Item = Schemas['ItemPrice'];
const KINDS = ['seat', 'recording_storage', 'number', 'gateway_port'] as const;
const NUMBERS = ['local', 'mobile', 'toll_free'] as const;
const PORTS = ['fxo_port', 'e1_span', 'sim_slot', 'sip_channels'] as const;

/** Plans, and what everything else costs a month. */
export function Catalogue({ detail }: { detail: Detail }) {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const change = useChangePriceList(detail.list.id);
  const [plan, setPlan] = useState<Plan | 'new' | null>(null);
  const [adding, setAdding] = useState(false);
  const draft = detail.list.state === 'draft';
  const { currency } = detail.list;
  const close = () => {
    setPlan(null);
    setAdding(false);
    change.reset();
  };
  const keepPlan = (next: Plan) =>
    change.mutate({ plans: [...detail.plans.filter((one) => one.key !== next.key), next] }, { onSuccess: close });
  const keepItem = (next: Item) =>
    change.mutate({ items: [...detail.items.filter((one) => one.item !== next.item), next] }, { onSuccess: close });
  const bin = (label: string, drop: () => void) =>
    draft && (
      <Button size="xs" look="quiet" aria-label={label} title={label} onClick={drop}>
        <Trash2 aria-hidden className="size-3.5" />
      </Button>
    );
  const plans: Column<Plan>[] = [
    { key: 'name', head: t('catalogue.plan'), names: true, cell: (row) => <TwoLines main={row.name} sub={row.key} /> },
    { key: 'monthly', head: t('catalogue.monthly'), number: true, cell: (row) => exact(row.monthly_micros, currency) },
    { key: 'seats', head: t('catalogue.seats'), number: true, from: 'md', cell: (row) => count(row.seats) },
    { key: 'minutes', head: t('catalogue.minutes'), number: true, from: 'md', cell: (row) => count(row.minutes) },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-24 text-right',
      cell: (row) =>
        bin(t('catalogue.drop', { name: row.name }), () =>
          change.mutate({ plans: detail.plans.filter((one) => one.key !== row.key) }),
        ),
    },
  ];
  const items: Column<Item>[] = [
    { key: 'item', head: t('catalogue.what'), names: true, cell: (row) => itemText(t, row.item) },
    { key: 'monthly', head: t('catalogue.monthly'), number: true, cell: (row) => exact(row.monthly_micros, currency) },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-24 text-right',
      cell: (row) =>
        bin(t('catalogue.drop', { name: itemText(t, row.item) }), () =>
          change.mutate({ items: detail.items.filter((one) => one.item !== row.item) }),
        ),
    },
  ];
  const add = (open: () => void, text: string) =>
    draft && (
      <Button size="xs" onClick={open}>
        <Plus aria-hidden className="size-3.5" />
        {text}
      </Button>
    );
  return (
    <div className="flex flex-col gap-6">
      {change.isError && !plan && !adding && <Note tone="bad" title={say(change.error)} />}
      <Card
        title={t('catalogue.plans')}
        note={t('catalogue.plans_note')}
        actions={add(() => setPlan('new'), t('catalogue.add_plan'))}
      >
        <DataTable
          className="border-0"
          label={t('catalogue.plans')}
          columns={plans}
          rows={detail.plans}
          rowKey={(row) => row.key}
          {...(draft ? { onOpen: (row: Plan) => setPlan(row) } : {})}
          empty={<EmptyState title={t('catalogue.no_plans')} />}
        />
      </Card>
      <Card
        title={t('catalogue.items')}
        note={t('catalogue.items_note')}
        actions={add(() => setAdding(true), t('catalogue.add_item'))}
      >
        <DataTable
          className="border-0"
          label={t('catalogue.items')}
          columns={items}
          rows={detail.items}
          rowKey={(row) => row.item}
          empty={<EmptyState title={t('catalogue.no_items')} />}
        />
      </Card>
      {plan && (
        <PlanForm
          plan={plan === 'new' ? null : plan}
          currency={currency}
          busy={change.isPending}
          error={change.isError ? say(change.error) : null}
          onClose={close}
          onDone={keepPlan}
        />
      )}
      {adding && (
        <ItemForm
          currency={currency}
          busy={change.isPending}
          error={change.isError ? say(change.error) : null}
          onClose={close}
          onDone={keepItem}
        />
      )}
    </div>
  );
}

type FormProps<T> = {
  currency: string;
  busy: boolean;
  error: string | null;
  onClose: () => void;
  onDone: (made: T) => void;
};

function PlanForm({ plan, ...props }: FormProps<Plan> & { plan: Plan | null }) {
  const { t } = useTranslation('prices');
  const [key, setKey] = useState(plan?.key ?? '');
  const [name, setName] = useState(plan?.name ?? '');
  const [price, setPrice] = useState(plan ? written(plan.monthly_micros) : '');
  const [seats, setSeats] = useState(String(plan?.seats ?? 1));
  const [minutes, setMinutes] = useState(String(plan?.minutes ?? 0));
  const monthly = micros(price);
  const whole = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : null);
  const [seatCount, minuteCount] = [whole(seats), whole(minutes)];
  const fine = /^[a-z0-9_]{1,40}$/.test(key) && name.trim() !== '';
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t(plan ? 'catalogue.change_plan' : 'catalogue.add_plan')}
      foot={
        <Button
          look="primary"
          busy={props.busy}
          reason={(!fine || monthly === null || seatCount === null || minuteCount === null) && t('catalogue.fill')}
          onClick={() =>
            monthly !== null &&
            seatCount !== null &&
            minuteCount !== null &&
            props.onDone({ key, name: name.trim(), monthly_micros: monthly, seats: seatCount, minutes: minuteCount })
          }
        >
          {t('common:save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField label={t('catalogue.plan')} maxLength={80} value={name} onChange={(e) => setName(e.target.value)} />
        <TextField
          label={t('catalogue.key')}
          hint={t('catalogue.key_hint')}
          maxLength={40}
          disabled={plan !== null}
          value={key}
          onChange={(e) => setKey(e.target.value.toLowerCase())}
        />
        <TextField
          label={t('catalogue.monthly_in', { currency: props.currency })}
          inputMode="decimal"
          error={price && monthly === null ? t('catalogue.no_amount') : null}
          value={price}
          onChange={(e) => setPrice(e.target.value)}
        />
        <div className="grid grid-cols-2 gap-4">
          <TextField
            label={t('catalogue.seats')}
            inputMode="numeric"
            value={seats}
            onChange={(e) => setSeats(e.target.value)}
          />
          <TextField
            label={t('catalogue.minutes')}
            inputMode="numeric"
            value={minutes}
            onChange={(e) => setMinutes(e.target.value)}
          />
        </div>
        {props.error && <Note tone="bad" title={props.error} />}
      </div>
    </Dialog>
  );
}

function ItemForm(props: FormProps<Item>) {
  const { t } = useTranslation('prices');
  const countries = useCountries();
  const [kind, setKind] = useState<(typeof KINDS)[number]>('seat');
  const [number, setNumber] = useState<(typeof NUMBERS)[number]>('local');
  const [port, setPort] = useState<(typeof PORTS)[number]>('fxo_port');
  const [land, setLand] = useState('US');
  const [price, setPrice] = useState('');
  const monthly = micros(price);
  const item = kind === 'number' ? `number:${number}:${land}` : kind === 'gateway_port' ? `gateway_port:${port}` : kind;
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t('catalogue.add_item')}
      foot={
        <Button
          look="primary"
          busy={props.busy}
          reason={monthly === null && t('catalogue.fill')}
          onClick={() => monthly !== null && props.onDone({ item, monthly_micros: monthly })}
        >
          {t('common:save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t('catalogue.what')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={kind}
              onChange={setKind}
              options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
            />
          )}
        </Field>
        {kind === 'number' && (
          <>
            <Field label={t('catalogue.number_kind')}>
              {(wiring) => (
                <Select
                  {...wiring}
                  value={number}
                  onChange={setNumber}
                  options={NUMBERS.map((value) => ({ value, label: t(`number_kind.${value}`) }))}
                />
              )}
            </Field>
            <Field label={t('catalogue.country')}>
              {(wiring) => (
                <Combobox
                  {...wiring}
                  options={countries}
                  value={land}
                  onChange={(value) => value && setLand(value)}
                  empty={t('common:nothing_found')}
                />
              )}
            </Field>
          </>
        )}
        {kind === 'gateway_port' && (
          <Field label={t('catalogue.port_kind')}>
            {(wiring) => (
              <Select
                {...wiring}
                value={port}
                onChange={setPort}
                options={PORTS.map((value) => ({ value, label: t(`port_kind.${value}`) }))}
              />
            )}
          </Field>
        )}
        <TextField
          label={t('catalogue.monthly_in', { currency: props.currency })}
          inputMode="decimal"
          error={price && monthly === null ? t('catalogue.no_amount') : null}
          value={price}
          onChange={(e) => setPrice(e.target.value)}
        />
        {props.error && <Note tone="bad" title={props.error} />}
      </div>
    </Dialog>
  );
}
