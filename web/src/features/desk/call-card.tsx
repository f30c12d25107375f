/** The call in front of the agent: who, how long, what may be done. */
import { Grip, Mic, MicOff, Pause, Play } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../i18n/format';
import { useLevels, useNow, usePhone } from '../../softphone/context';
import { may, type PhoneCall, type PhoneState } from '../../softphone/machine';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { HangUpIcon } from '../../ui/hang-up-icon';
import { HandOverIcon, HandOverSheet, SecondsPanel } from './hand-over';
import { Keypad } from './keypad';
import { readable, titleOf } from './numbers';
import { type CordState, PatchCord } from './patch-cord';
import { QualityStrip } from './quality-strip';
import { useSeconds } from './seconds';
import { useShortcuts } from './shortcuts';

export function cordState(state: PhoneState, call: PhoneCall): CordState {
  if (call.stage !== 'talking') return call.stage;
  if (state.line !== 'ready') return 'reconnecting';
  return call.heldByUs || call.heldByThem ? 'held' : 'talking';
}

export function CallCard({ call }: { call: PhoneCall }) {
  const { t } = useTranslation('desk');
  const { state } = usePhone();
  const now = useNow(500);
  const levels = useLevels(call.stage === 'talking');
  const [keypad, setKeypad] = useState(false);
  const title = titleOf(call.party, t('echo'));
  const since = call.answeredAt ?? call.startedAt;
  const cord = cordState(state, call);
  return (
    <section aria-label={t('call')} className="border-b border-line px-6 pt-5 pb-4">
      <div className="flex items-start gap-4">
        <div className="min-w-0 grow">
          <h2 className="truncate text-24 font-semibold tracking-tight">{title}</h2>
          <p className="num flex flex-wrap gap-x-1.5 text-14 text-ink-2">
            {call.party.name && <span>{readable(call.party.number)}</span>}
            {call.party.called && <span>{t('on_number', { number: readable(call.party.called) })}</span>}
            {!call.party.name && !call.party.called && <span>{t(`direction.${call.direction}`)}</span>}
          </p>
        </div>
        <div
          role="timer"
          aria-label={t(call.answeredAt ? 'talk_time' : 'waiting_time')}
          className="num text-28 font-semibold"
        >
          {clock(now - since)}
        </div>
      </div>
      <div className="mt-5">
        <PatchCord
          state={cord}
          us={t('you')}
          them={title}
          muted={call.muted}
          {...(call.stage === 'talking' ? { levels } : {})}
          levelWords={{ us: t('level.us', { count: levels.us }), them: t('level.them', { count: levels.them }) }}
        >
          <CallWord call={call} cord={cord} />
        </PatchCord>
      </div>
      <Controls call={call} keypad={keypad} onKeypad={() => setKeypad(!keypad)} />
      {keypad && <Keypad digits={call.digits} />}
      <SecondsPanel call={call} />
      <QualityStrip call={call} line={state.line} />
    </section>
  );
}

const WORD_LOOK: Record<CordState, string> = {
  incoming: 'bg-info-bg text-info',
  dialling: 'bg-hover text-ink-2',
  ringing: 'bg-info-bg text-info',
  talking: 'bg-ok-bg text-ok',
  held: 'bg-warn-bg text-warn',
  reconnecting: 'bg-warn-bg text-warn',
};

function CallWord({ call, cord }: { call: PhoneCall; cord: CordState }) {
  const { t } = useTranslation('desk');
  const word =
    cord === 'held'
      ? call.heldByUs
        ? 'held_by_us'
        : 'held_by_them'
      : call.muted && cord === 'talking'
        ? 'muted'
        : cord;
  return (
    <span
      role="status"
      data-state={word}
      className={cx('inline-flex items-center gap-1.5 rounded-sm px-2 py-0.5 text-12 font-medium', WORD_LOOK[cord])}
    >
      <span aria-hidden className="size-2 rounded-full bg-current" />
      {t(`state.${word}`)}
    </span>
  );
}

function Controls({ call, keypad, onKeypad }: { call: PhoneCall; keypad: boolean; onKeypad: () => void }) {
  const { t } = useTranslation('desk');
  const { state, phone } = usePhone();
  const talking = call.stage === 'talking';
  const early = may.sendDigit(state);
  const notYet = t('not_answered_yet');
  const [giving, setGiving] = useState(false);
  const asked = useSeconds(call.party.callRef).some((second) => second.stage !== 'joined');
  const holdReason = !talking
    ? notYet
    : asked
      ? t('hand_over.swap_instead')
      : may.hold(state)
        ? null
        : t('hold_needs_connection');
  const giveReason = talking && call.party.callRef ? null : notYet;
  useShortcuts({
    m: () => may.mute(state) && phone?.mute(!call.muted),
    h: () => !holdReason && phone?.hold(!call.heldByUs),
    t: () => !giveReason && setGiving(true),
    d: () => early && onKeypad(),
  });
  return (
    <div className="mt-4 grid grid-cols-5 gap-2.5 max-sm:grid-cols-2">
      <Control
        icon={call.muted ? <MicOff /> : <Mic />}
        word={t(call.muted ? 'unmute' : 'mute')}
        letter="M"
        pressed={call.muted}
        reason={may.mute(state) ? null : notYet}
        onPress={() => phone?.mute(!call.muted)}
      />
      <Control
        icon={call.heldByUs ? <Play /> : <Pause />}
        word={t(call.heldByUs ? 'resume' : 'hold')}
        letter="H"
        pressed={call.heldByUs}
        reason={holdReason}
        onPress={() => phone?.hold(!call.heldByUs)}
      />
      <Control
        icon={<HandOverIcon />}
        word={t('hand_over.button')}
        letter="T"
        pressed={giving}
        reason={giveReason}
        onPress={() => setGiving(true)}
      />
      <HandOverSheet call={call} open={giving} onClose={() => setGiving(false)} />
      <Control
        icon={<Grip />}
        word={t('keypad')}
        letter="D"
        pressed={keypad}
        reason={early ? null : notYet}
        onPress={onKeypad}
      />
      <Button look="end" className="h-15 flex-col gap-1 max-sm:col-span-2" onClick={() => phone?.hangUp()}>
        <HangUpIcon />
        {t(talking ? 'end' : 'cancel')}
      </Button>
    </div>
  );
}

function Control(props: {
  icon: React.ReactElement;
  word: string;
  letter: string;
  pressed: boolean;
  reason: string | null;
  onPress: () => void;
}) {
  return (
    <Button
      className={cx(
        'relative h-15 flex-col gap-1 [&_svg]:size-4.5',
        props.pressed && 'border-ink bg-ink text-panel hover:bg-ink',
      )}
      aria-pressed={props.pressed}
      aria-keyshortcuts={props.letter}
      reason={props.reason}
      onClick={props.onPress}
    >
      {props.icon}
      {props.word}
      <span
        aria-hidden
        className={cx('absolute top-1.5 right-2 text-12', props.pressed ? 'text-panel' : 'text-ink-3', 'max-lg:hidden')}
      >
        {props.letter}
      </span>
    </Button>
  );
}

/** Asks before the page is left during a call: the browser's own question, once. */
export function useLeaveGuard(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [active]);
}
