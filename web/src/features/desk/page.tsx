/** The agent's desk: the call or the dial field, the last calls, the headset. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import type { PhoneState } from '../../softphone/machine';
import { buttonClass } from '../../ui/button';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { CallbacksDue } from '../callbacks/due';
import { CallCard, useLeaveGuard } from './call-card';
import { CreditNotice } from './credit-notice';
import { Headset } from './headset';
import { Idle } from './idle';
import { Incoming } from './incoming';
import { LastCall } from './last-call';
import { Parked } from './parked';
import { PhoneStatus } from './phone-dock';
import { Recent } from './recent';
import { Today } from './today';
import { WrapUp } from './wrap-up';

export function DeskPage() {
  const { t } = useTranslation('desk');
  const me = useMe();
  const { state } = usePhone();
  const call = state.call;
  useLeaveGuard(call !== null);
  return (
    <Page title={t('title')} beside={<PhoneStatus />} bleed>
      {me.seat ? <Desk call={call} last={state.last} /> : <NoSeat mayBuy={can(me, 'seats:write')} />}
    </Page>
  );
}

function Desk({ call, last }: Pick<PhoneState, 'call' | 'last'>) {
  const { t } = useTranslation('desk');
  return (
    <div className="grid min-h-full grid-cols-[minmax(0,1fr)_304px] max-lg:grid-cols-1">
      <div className="flex min-w-0 flex-col bg-panel">
        {!call && <WrapUp />}
        {!call && last && <LastCall last={last} />}
        {!call && <Idle />}
        {call?.stage === 'incoming' && <Incoming call={call} />}
        {call && call.stage !== 'incoming' && <CreditNotice callRef={call.party.callRef ?? null} />}
        {call && call.stage !== 'incoming' && <CallCard call={call} />}
        <Parked />
        <Recent />
      </div>
      <aside aria-label={t('my_work')} className="flex flex-col border-l border-line max-lg:border-t max-lg:border-l-0">
        <Headset />
        <CallbacksDue />
        <Today />
      </aside>
    </div>
  );
}

function NoSeat({ mayBuy }: { mayBuy: boolean }) {
  const { t } = useTranslation('desk');
  return (
    <EmptyState
      title={t('no_seat.title')}
      action={
        mayBuy && (
          <Link to={paths.team} search={{ tab: 'seats' }} className={buttonClass({ look: 'primary' })}>
            {t('no_seat.action')}
          </Link>
        )
      }
    >
      {t(mayBuy ? 'no_seat.buy' : 'no_seat.ask')}
    </EmptyState>
  );
}
