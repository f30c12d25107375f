/** Somebody calls: one big answer, one clear decline; on the desk and, smaller, on any other page. */
import { Phone, PhoneIncoming } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../i18n/format';
import { useNow, usePhone } from '../../softphone/context';
import type { PhoneCall } from '../../softphone/machine';
import { Button } from '../../ui/button';
import { HangUpIcon } from '../../ui/hang-up-icon';
import { readable } from './numbers';
import { PatchCord } from './patch-cord';
import { useShortcuts } from './shortcuts';

export function Incoming({ call }: { call: PhoneCall }) {
  const { t } = useTranslation('desk');
  const now = useNow(500);
  const who = call.party.name ?? readable(call.party.number);
  return (
    <section
      role="alertdialog"
      aria-label={t('incoming_from', { who })}
      className="border-b border-line px-6 pt-6 pb-6"
    >
      <div className="flex items-start gap-4">
        <div className="min-w-0 grow">
          <p className="flex items-center gap-2 text-13 text-ink-2">
            <span className="inline-flex items-center gap-1.5 rounded-sm bg-info-bg px-2 py-0.5 text-12 font-medium text-info">
              <PhoneIncoming aria-hidden className="size-3" />
              {t('incoming')}
            </span>
            {call.party.called && t('on_number', { number: readable(call.party.called) })}
          </p>
          <h2 className="mt-1 truncate text-32 font-semibold tracking-tight">{who}</h2>
          {call.party.name && <p className="num text-14 text-ink-2">{readable(call.party.number)}</p>}
        </div>
        <span role="timer" aria-label={t('ringing_for')} className="num text-20 font-semibold text-info">
          {clock(now - call.startedAt)}
        </span>
      </div>
      <div className="mt-5">
        <PatchCord state="incoming" us={t('you')} them={who}>
          {t('state.incoming')}
        </PatchCord>
      </div>
      <AnswerButtons tall />
    </section>
  );
}

function AnswerButtons({ tall }: { tall?: boolean }) {
  const { t } = useTranslation('desk');
  const { phone } = usePhone();
  const answer = () => void phone?.answer();
  const decline = () => phone?.hangUp();
  useShortcuts({ Enter: answer, Escape: decline });
  const height = tall ? 'h-14 text-16' : 'h-11';
  return (
    <div className="mt-4 grid grid-cols-2 gap-3">
      <Button look="danger" className={height} onClick={decline} aria-keyshortcuts="Escape">
        <HangUpIcon />
        {t('decline')}
        {tall && (
          <kbd className="ml-auto rounded-sm border border-current/40 px-1.5 font-sans text-12 max-sm:hidden">Esc</kbd>
        )}
      </Button>
      <Button look="answer" className={height} onClick={answer} aria-keyshortcuts="Enter">
        <Phone aria-hidden className="size-4.5" />
        {t('answer')}
        {tall && (
          <kbd className="ml-auto rounded-sm border border-current/40 px-1.5 font-sans text-12 max-sm:hidden">
            Enter
          </kbd>
        )}
      </Button>
    </div>
  );
}

/** The card in the corner of every page but the desk. The focus stays where the person was typing. */
export function IncomingCard() {
  const { t } = useTranslation('desk');
  const { state } = usePhone();
  const call = state.call?.stage === 'incoming' ? state.call : null;
  const who = call ? (call.party.name ?? readable(call.party.number)) : '';
  useNotice(call, t('incoming_from', { who }));
  if (!call) return null;
  return (
    <div
      role="alertdialog"
      aria-live="assertive"
      aria-label={t('incoming_from', { who })}
      className="fixed top-18 right-4 z-50 w-80 max-sm:left-4 max-sm:w-auto rounded-lg border border-line bg-panel p-4 shadow-float"
    >
      <p className="text-12 font-medium text-info">{t('incoming')}</p>
      <p className="truncate text-16 font-semibold">{who}</p>
      <p className="num text-13 text-ink-2">
        {call.party.called ? t('on_number', { number: readable(call.party.called) }) : readable(call.party.number)}
      </p>
      <AnswerButtons />
    </div>
  );
}

/** A system notice for people who look elsewhere, and a title that says who rings. */
function useNotice(call: PhoneCall | null, text: string): void {
  const id = call?.id;
  // Notifications and the tab's title are outside of React.
  useEffect(() => {
    if (!id) return;
    const title = document.title;
    document.title = text;
    const allowed = typeof Notification !== 'undefined' && Notification.permission === 'granted' && document.hidden;
    const notice = allowed ? new Notification(text, { tag: id, requireInteraction: true }) : null;
    if (notice) notice.onclick = () => window.focus();
    return () => {
      document.title = title;
      notice?.close();
    };
  }, [id, text]);
}
