import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway, Schemas } from '../../api/types';
import { micros } from '../../i18n/amount';
import { phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { Field, TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { BLOCK_MAX, e164, lastOf } from './number-rules';
import { useAddNumbers } from './queries';

/** Adds a block of numbers to the line of one gateway port; it says what will be made before it is. */
export function NumberBlockForm({ gateways, onDone }: { gateways: Gateway[]; onDone: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const add = useAddNumbers();
  const [first, setFirst] = useState('');
  const [count, setCount] = useState('1');
  const [port, setPort] = useState<string | null>(null);
  const [kind, setKind] = useState<Schemas['NumberKind']>('local');
  const [area, setArea] = useState('');
  const [monthly, setMonthly] = useState('2.00');
  const [setup, setSetup] = useState('');
  const [tried, setTried] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const from = e164(first);
  const last = from && lastOf(from, Number(count));
  const prices = usePrices();
  const price = prices ? micros(monthly) : 0;
  const once = setup ? micros(setup) : null;
  const ready = from && last && port && price !== null && (!setup || once !== null);
  const ports = gateways.flatMap((gateway) =>
    gateway.gateway_ports.map((one) => ({
      value: one.id,
      label: `${gateway.label}, ${t(`ports_one.${one.kind}`, { n: one.ordinal })}`,
      ...(one.line ? { note: one.line.carrier } : {}),
    })),
  );
  const currency = gateways[0]?.gateway_ports[0]?.monthly.currency ?? 'USD';
  const fault = (wrong: boolean, word: string) => (tried && wrong ? t(word) : null);
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!ready || add.isPending) return;
        add.mutate(
          {
            first: from,
            count: Number(count),
            gateway_port: port,
            kind,
            ...(area.trim() ? { area: area.trim() } : {}),
            monthly: { micros: price, currency },
            ...(once === null ? {} : { setup: { micros: once, currency } }),
            key: `${key}-${from}-${count}`,
          },
          {
            onSuccess: (made) => {
              toast(t('block.added', { count: made.length }));
              onDone();
            },
          },
        );
      }}
    >
      <Field label={t('block.port')} hint={t('block.port_hint')} error={fault(!port, 'needed')}>
        {(wiring) => (
          <Combobox {...wiring} options={ports} value={port} onChange={setPort} empty={t('common:nothing_found')} />
        )}
      </Field>
      <div className="grid grid-cols-[minmax(0,1fr)_96px] items-start gap-3">
        <TextField
          label={t('block.first')}
          placeholder="+1 415 555 0100"
          inputMode="tel"
          error={fault(!from, 'block.first_wrong')}
          value={first}
          onChange={(event) => setFirst(event.target.value)}
          className="num"
        />
        <TextField
          label={t('block.count')}
          inputMode="numeric"
          error={fault(from !== null && !last, 'block.count_wrong')}
          value={count}
          onChange={(event) => setCount(event.target.value.replace(/\D/g, '').slice(0, String(BLOCK_MAX).length))}
          className="num"
        />
      </div>
      <div className="flex flex-col items-start gap-1.5">
        <span className="text-13 font-medium">{t('numbers.kind')}</span>
        <Segments
          label={t('numbers.kind')}
          value={kind}
          onChange={setKind}
          options={(['local', 'mobile', 'toll_free'] as const).map((value) => ({
            value,
            label: t(`number_kind.${value}`),
          }))}
        />
      </div>
      <TextField
        label={t('block.area')}
        hint={t('common:optional')}
        maxLength={60}
        value={area}
        onChange={(event) => setArea(event.target.value)}
      />
      {prices && (
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField
            label={t('block.monthly', { currency })}
            inputMode="decimal"
            error={fault(price === null, 'fault.price')}
            value={monthly}
            onChange={(event) => setMonthly(event.target.value)}
            className="num"
          />
          <TextField
            label={t('block.setup', { currency })}
            inputMode="decimal"
            placeholder="0.00"
            error={fault(setup !== '' && once === null, 'fault.price')}
            value={setup}
            onChange={(event) => setSetup(event.target.value)}
            className="num"
          />
        </div>
      )}
      {from && last && (
        <p className="num rounded-md bg-panel-2 p-3 text-13">
          {Number(count) === 1
            ? phone(from)
            : t('block.range', { first: phone(from), last: phone(last), count: Number(count) })}
        </p>
      )}
      {add.isError && <Note tone="bad" title={say(add.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={add.isPending}>
        {t('block.action', { count: last ? Number(count) : 1 })}
      </Button>
    </form>
  );
}
