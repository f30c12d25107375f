import { useQuery } from '@tanstack/react-query';
import { Mic, MicOff, Pause, Phone, PhoneIncoming, Play } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../api/types';
import { useNow } from '../hooks';
import { clock, phone as written } from '../i18n/format';
import { JsSipPhone } from '../softphone/jssip';
import type { Line, PhoneCall } from '../softphone/machine';
import { PhoneStore } from '../softphone/store';
import { StatusDot, type Tone } from '../ui/badge';
import { Button } from '../ui/button';
import { Field, Input } from '../ui/field';
import { HangUpIcon } from '../ui/hang-up-icon';
import { Select } from '../ui/select';
import { ErrorState, Note, PageSkeleton } from '../ui/state';
import { type Opening, SeatServer } from './server';

/** The softphone of one seat. */
export function Telephone({ opening }: { opening: Opening }) {
  const [server] = useState(() => new SeatServer(opening));
  const seat = useQuery({ queryKey: ['softphone'], queryFn: () => server.softphone() });
  if (seat.isPending) return <PageSkeleton />;
  if (seat.isError) return <ErrorState error={seat.error} onRetry={() => void seat.refetch()} />;
  return <Connected server={server} seat={seat.data} />;
}

const LINES: Record<Line, Tone> = {
  off: 'line',
  connecting: 'warn',
  ready: 'ok',
  reconnecting: 'warn',
  elsewhere: 'line',
  refused: 'bad',
};

function Connected({ server, seat }: { server: SeatServer; seat: Schemas['Softphone'] }) {
  const { t } = useTranslation('embed');
  const [store] = useState(() => new PhoneStore(new JsSipPhone(server.buy), `patchbay-seat-${seat.seat}`));
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  // The phone is an outside system: it lives as long as the page shows it.
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);
  return (
    <section
      aria-label={t('title')}
      data-line={state.line}
      className="flex flex-col gap-4 rounded-lg border border-line bg-panel p-4"
    >
      <header className="flex items-center gap-3">
        <h1 className="grow text-16 font-semibold tracking-tight">{t('extension', { extension: seat.extension })}</h1>
        <span role="status" className="text-13">
          <StatusDot tone={LINES[state.line]}>{t(`line.${state.line}`)}</StatusDot>
        </span>
      </header>
      {state.line === 'refused' && (
        <Note tone="bad" title={t('line.refused')}>
          {state.fault}
        </Note>
      )}
      {state.line === 'elsewhere' && <Button onClick={() => store.start(true)}>{t('take_over')}</Button>}
      {state.call ? (
        <Call call={state.call} store={store} />
      ) : (
        <Dial
          seat={seat}
          ready={state.line === 'ready'}
          onDial={(number, displayed) => void store.phone.dial(number, { displayed })}
        />
      )}
      {!state.call && state.last && (
        <p role="status" data-reason={state.last.reason} className="text-13 text-ink-2">
          {t('ended', { who: written(state.last.party.number), time: clock(state.last.talkMs) })}
        </p>
      )}
    </section>
  );
}

function Dial(props: {
  seat: Schemas['Softphone'];
  ready: boolean;
  onDial: (number: string, displayed: string | undefined) => void;
}) {
  const { t } = useTranslation('embed');
  const [number, setNumber] = useState('');
  const [shown, setShown] = useState(props.seat.default_displayed ?? null);
  const dialled = number.replace(/[\s().-]/g, '');
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (dialled && props.ready) props.onDial(dialled, shown ?? undefined);
      }}
    >
      <Field label={t('number')}>
        {(wiring) => (
          <Input
            {...wiring}
            type="tel"
            autoComplete="off"
            list="colleagues"
            value={number}
            onChange={(event) => setNumber(event.target.value)}
            className="num"
          />
        )}
      </Field>
      <datalist id="colleagues">
        {props.seat.directory.map((one) => (
          <option key={one.extension} value={one.extension}>
            {one.name}
          </option>
        ))}
      </datalist>
      {props.seat.displayed_numbers.length > 1 && (
        <Field label={t('shows')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={shown}
              onChange={setShown}
              options={props.seat.displayed_numbers.map((one) => ({ value: one.e164, label: written(one.e164) }))}
            />
          )}
        </Field>
      )}
      <Button
        type="submit"
        look="answer"
        size="lg"
        reason={!props.ready ? t('not_ready') : !dialled && t('number_first')}
      >
        <Phone aria-hidden className="size-4" />
        {t('call')}
      </Button>
    </form>
  );
}

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

function Call({ call, store }: { call: PhoneCall; store: PhoneStore }) {
  const { t } = useTranslation('embed');
  const now = useNow(500);
  const { phone } = store;
  const talking = call.stage === 'talking';
  return (
    <div className="flex flex-col gap-4" data-state={talking ? 'talking' : call.stage}>
      <div className="text-center">
        <p className="num text-20 font-semibold">{call.party.name ?? written(call.party.number)}</p>
        <p role="status" className="num text-13 text-ink-2">
          {call.answeredAt === null ? t(`stage.${call.stage}`) : clock(now - call.answeredAt)}
          {call.heldByUs && ` · ${t('held')}`}
          {call.digits && ` · ${call.digits}`}
        </p>
      </div>
      {talking && (
        <>
          <div className="grid grid-cols-3 gap-1.5">
            {KEYS.map((digit) => (
              <Button key={digit} look="quiet" className="num" onClick={() => phone.sendDigit(digit)}>
                {digit}
              </Button>
            ))}
          </div>
          <div className="flex gap-2">
            <Button className="grow" aria-pressed={call.muted} onClick={() => phone.mute(!call.muted)}>
              {call.muted ? <MicOff aria-hidden className="size-4" /> : <Mic aria-hidden className="size-4" />}
              {call.muted ? t('unmute') : t('mute')}
            </Button>
            <Button className="grow" aria-pressed={call.heldByUs} onClick={() => phone.hold(!call.heldByUs)}>
              {call.heldByUs ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
              {call.heldByUs ? t('resume') : t('hold')}
            </Button>
          </div>
        </>
      )}
      <div className="flex gap-2">
        {call.stage === 'incoming' && (
          <Button look="answer" size="lg" className="grow" onClick={() => void phone.answer()}>
            <PhoneIncoming aria-hidden className="size-4" />
            {t('answer')}
          </Button>
        )}
        <Button look="end" size="lg" className="grow" onClick={() => phone.hangUp()}>
          <HangUpIcon />
          {call.stage === 'incoming' ? t('decline') : t('hang_up')}
        </Button>
      </div>
    </div>
  );
}
