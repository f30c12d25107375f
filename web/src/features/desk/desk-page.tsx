/** The agent's desk: the call or the dial field, the last calls, the headset. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe, useTitle } from '../../hooks';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { buttonClass } from '../../ui/button';
import { CallCard, useLeaveGuard } from './call-card';
import { Headset } from './headset';
import { Idle } from './idle';
import { Incoming } from './incoming';
import { LastCall } from './last-call';
import { Recent } from './recent';
import { Today } from './today';

export function DeskPage() {
  const { t } = useTranslation('desk');
  const me = useMe();
  const { state } = usePhone();
  const call = state.call;
  useTitle(call ? (call.party.name ?? call.party.number) : t('title'));
  useLeaveGuard(call !== null);
  if (!me.seat) return <NoSeat mayBuy={can(me, 'seats:write')} />;
  return (
    <div className="grid min-h-full grid-cols-[minmax(0,1fr)_304px] max-lg:grid-cols-1">
      <div className="flex min-w-0 flex-col bg-panel">
        {!call && state.last && <LastCall last={state.last} />}
        {!call && <Idle />}
        {call?.stage === 'incoming' && <Incoming call={call} />}
        {call && call.stage !== 'incoming' && <CallCard call={call} />}
        <Recent />
      </div>
      <aside aria-label={t('my_work')} className="flex flex-col border-l border-line max-lg:border-t max-lg:border-l-0">
        <Headset />
        <Today />
      </aside>
    </div>
  );
}

function NoSeat({ mayBuy }: { mayBuy: boolean }) {
  const { t } = useTranslation('desk');
  return (
    <div className="grid min-h-full place-items-center p-6">
      <div className="flex max-w-96 flex-col items-center gap-3 text-center">
        <svg viewBox="0 0 160 56" className="w-40 text-ink-3" aria-hidden="true">
          <circle cx="12" cy="12" r="7" fill="none" stroke="currentColor" strokeWidth="2" />
          <path
            d="M12 19 C 12 44, 60 50, 96 46"
            fill="none"
            stroke="currentColor"
            strokeWidth="2"
            strokeLinecap="round"
          />
          <circle cx="148" cy="12" r="7" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="3 3" />
        </svg>
        <h1 className="text-20 font-semibold tracking-tight">{t('no_seat.title')}</h1>
        <p className="text-ink-2">{t(mayBuy ? 'no_seat.buy' : 'no_seat.ask')}</p>
        {mayBuy && (
          <Link to={paths.seats} className={buttonClass({ look: 'primary' })}>
            {t('no_seat.action')}
          </Link>
        )}
      </div>
    </div>
  );
}
