/** The gateway port chosen on the face: what is wrong first, then the test, the line, the numbers and the offer. */
import { Phone, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway, GatewayPort, LiveCall, TestVerdict } from '../../../api/types';
import { clock, money, phone, recently } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { usePrices } from '../../../prices';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Fact, Facts } from '../../../ui/page';
import { Note } from '../../../ui/state';
import { useStatus } from '../../auth/layout';
import { useChangePort, useTestCall } from '../queries';
import { LineForm } from './line-form';
import { OfferForm } from './offer-form';
import { RulesForm } from './rules-form';
import { SimForm } from './sim-form';
import { Verdict } from './verdict';
import { PORT_TONE, viewPort } from './view';
import { WayForm } from './way-form';
import { errorCode, errorWords, type Say } from './words';

type Props = { gateway: Gateway; port: GatewayPort; calls: readonly LiveCall[]; now: number };

export function Inspector({ gateway, port, calls, now }: Props) {
  const prices = usePrices();
  const { t } = useTranslation(['operator', 'desk']);
  const say = useProblemText();
  const test = useTestCall();
  const change = useChangePort();
  const [verdict, setVerdict] = useState<TestVerdict | null>(null);
  const [called, setCalled] = useState('');
  const lab = useStatus().data?.lab ?? false;
  const { state } = viewPort(port, calls);
  const tone = PORT_TONE[state];
  return (
    <aside
      aria-label={t(`ports_one.${port.kind}`, { n: port.ordinal })}
      className="flex min-w-0 flex-col border-l border-line bg-panel *:border-line *:p-4 *:not-last:border-b max-lg:border-t max-lg:border-l-0"
    >
      <div>
        <p className="text-13 text-ink-3">{t('inspect.of', { gateway: gateway.label })}</p>
        <div className="flex items-center gap-2">
          <h2 className="min-w-0 grow truncate text-20 font-semibold tracking-tight">
            {t(`ports_one.${port.kind}`, { n: port.ordinal })}
          </h2>
          <Badge tone={tone === 'line' ? 'line' : tone}>
            {tone === 'bad' && <TriangleAlert aria-hidden />}
            {t(`port.${state}`)}
          </Badge>
        </div>
        {port.last_error && (
          <Note
            tone={state === 'fault' || state === 'offline' ? 'bad' : 'warn'}
            title={errorWords(port.last_error, t as Say).title}
            className="mt-3"
            code={errorCode(port.last_error, recently(port.last_error.at, now))}
          >
            {errorWords(port.last_error, t as Say).text}
          </Note>
        )}
        <TextField
          label={t('inspect.test_number')}
          inputMode="tel"
          placeholder={lab ? t('inspect.test_echo') : '+1 415 555 0100'}
          value={called}
          onChange={(event) => setCalled(event.target.value)}
          className="num h-8 text-13"
          fieldClass="mt-3"
        />
        <div className="mt-2 flex gap-2">
          <Button
            size="sm"
            look="primary"
            className="grow"
            busy={test.isPending}
            reason={
              (!port.enabled && t('inspect.test_off')) || (!lab && !called.trim() && t('inspect.test_number_first'))
            }
            onClick={() =>
              test.mutate(
                { id: port.id, ...(called.trim() ? { called: called.trim() } : {}) },
                { onSuccess: setVerdict },
              )
            }
          >
            <Phone aria-hidden className="size-4" />
            {test.isPending ? t('inspect.testing') : t('inspect.test')}
          </Button>
          <Button
            size="sm"
            className="grow"
            busy={change.isPending}
            onClick={() => change.mutate({ id: port.id, enabled: !port.enabled })}
          >
            {port.enabled ? t('inspect.take_out') : t('inspect.put_in')}
          </Button>
        </div>
        {(test.isError || change.isError) && (
          <Note tone="bad" title={say(test.error ?? change.error)} className="mt-3" />
        )}
        {verdict && <Verdict verdict={verdict} />}
      </div>
      <LineForm port={port} gateway={gateway} />
      <div>
        <h3 className="mb-2 text-13 font-semibold">{t('inspect.numbers')}</h3>
        {port.numbers.length === 0 && <p className="text-13 text-ink-2">{t('inspect.no_numbers')}</p>}
        <ul
          className="num max-h-44 overflow-y-auto text-13"
          aria-label={t('inspect.numbers')}
          // A long list scrolls, and without a mouse only what has the focus does.
          tabIndex={port.numbers.length > 5 ? 0 : undefined}
        >
          {port.numbers.map((one) => (
            <li key={one.id} className="flex min-h-8 items-center gap-2 border-line not-first:border-t">
              <span className="grow font-medium">{phone(one.e164)}</span>
              <span className="truncate text-ink-3">{one.company ?? t(`number_state.${one.state}`)}</span>
            </li>
          ))}
        </ul>
      </div>
      {port.kind === 'sim_slot' && <SimForm id={port.id} />}
      <WayForm port={port} />
      <RulesForm port={port} />
      <OfferForm port={port} />
      <div>
        <Facts>
          <Fact name={t('inspect.rented_by')}>{port.rented_by ?? t('inspect.not_rented')}</Fact>
          {prices && (
            <Fact name={t('inspect.price')}>
              {port.monthly.micros > 0 ? t('common:per_month', { price: money(port.monthly) }) : t('common:free')}
            </Fact>
          )}
          {port.username && <Fact name={t('about.username')}>{port.username}</Fact>}
        </Facts>
      </div>
      <RunningCalls port={port} calls={calls} now={now} />
    </aside>
  );
}

function RunningCalls({ port, calls, now }: { port: GatewayPort; calls: readonly LiveCall[]; now: number }) {
  const { t } = useTranslation('operator');
  const mine = calls.filter((one) => port.slots.some((slot) => slot.call === one.call));
  if (mine.length === 0) return null;
  return (
    <div>
      <h3 className="mb-2 text-13 font-semibold">{t('inspect.calls')}</h3>
      <ul className="num text-13">
        {mine.map((one) => (
          <li key={one.call} className="flex min-h-8 items-center gap-2 border-line not-first:border-t">
            <span className="min-w-0 grow truncate">
              {phone(one.caller)} → {phone(one.called)}
            </span>
            <span className={one.state === 'ringing' ? 'text-info' : 'text-ok'}>
              {clock(now - Date.parse(one.since))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
