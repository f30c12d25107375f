/** The call on every page but the desk: who, how long, and the three things that cannot wait. */
import { Link } from '@tanstack/react-router';
import { Mic, MicOff, Pause, Play } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../i18n/format';
import { paths } from '../../paths';
import { useNow, usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Button, buttonClass } from '../../ui/button';
import { HangUpIcon } from '../../ui/hang-up-icon';
import { cordState, useLeaveGuard } from './call-card';
import { titleOf } from './numbers';

export function PhoneDock() {
  const { t } = useTranslation('desk');
  const { state, phone } = usePhone();
  const call = state.call;
  const now = useNow(500, call !== null);
  useLeaveGuard(call !== null);
  if (!call || call.stage === 'incoming') return null;
  const talking = call.stage === 'talking';
  return (
    <div
      role="region"
      aria-label={t('call')}
      className="fixed inset-x-0 bottom-0 z-40 flex h-22 items-center gap-4 border-t border-line bg-panel px-6 shadow-float"
    >
      <div className="min-w-0 grow">
        <p className="truncate text-16 font-semibold">{titleOf(call.party, t('echo'))}</p>
        <p className="num text-13 text-ink-2">
          {t(`state.${cordState(state, call)}`)} · {clock(now - (call.answeredAt ?? call.startedAt))}
        </p>
      </div>
      <Button
        size="lg"
        aria-pressed={call.muted}
        reason={talking ? null : t('not_answered_yet')}
        onClick={() => phone?.mute(!call.muted)}
      >
        {call.muted ? <MicOff aria-hidden className="size-4.5" /> : <Mic aria-hidden className="size-4.5" />}
        <span className="max-sm:sr-only">{t(call.muted ? 'unmute' : 'mute')}</span>
      </Button>
      <Button
        size="lg"
        aria-pressed={call.heldByUs}
        reason={may.hold(state) ? null : t('hold_needs_connection')}
        onClick={() => phone?.hold(!call.heldByUs)}
      >
        {call.heldByUs ? <Play aria-hidden className="size-4.5" /> : <Pause aria-hidden className="size-4.5" />}
        <span className="max-sm:sr-only">{t(call.heldByUs ? 'resume' : 'hold')}</span>
      </Button>
      <Link to={paths.desk} className={buttonClass({ size: 'lg', look: 'quiet', className: 'max-md:hidden' })}>
        {t('open_desk')}
      </Link>
      <Button size="lg" look="end" onClick={() => phone?.hangUp()}>
        <HangUpIcon />
        <span className="max-sm:sr-only">{t('end')}</span>
      </Button>
    </div>
  );
}

/** The phone's state for the top bar: a dot and a word. */
export function PhoneStatus() {
  const { t } = useTranslation('desk');
  const { state, phone } = usePhone();
  const call = state.call;
  const now = useNow(1_000, call !== null);
  if (!phone) return null;
  const held = call?.heldByUs || call?.heldByThem;
  const word = call ? (call.stage === 'talking' ? (held ? 'held' : 'on_call') : 'ringing') : state.line;
  const look =
    word === 'ready' || word === 'on_call'
      ? 'bg-ok-bg text-ok'
      : word === 'ringing'
        ? 'bg-info-bg text-info'
        : 'bg-warn-bg text-warn';
  return (
    <Link
      to={paths.desk}
      data-phone={word}
      className={`inline-flex h-8 items-center gap-2 rounded-full px-3 text-13 font-medium ${look}`}
    >
      <span aria-hidden className="size-2 rounded-full bg-current" />
      {t(`status.${word}`)}
      {call && <span className="num">{clock(now - (call.answeredAt ?? call.startedAt))}</span>}
    </Link>
  );
}
