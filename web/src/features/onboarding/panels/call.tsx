import { useQuery } from '@tanstack/react-query';
import { Check, CircleDashed, Phone } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../../api/client';
import { keys } from '../../../api/query';
import { useMe } from '../../../hooks';
import { clock } from '../../../i18n/format';
import { useLevels, useNow, usePhone } from '../../../softphone/context';
import { Button } from '../../../ui/button';
import { HangingCord } from '../../../ui/cord';
import { cx } from '../../../ui/cx';
import { HangUpIcon } from '../../../ui/hang-up-icon';
import { Note } from '../../../ui/state';
import { useStepChange } from '../page';
import { RingMe } from './ring';

/** A call to the echo service: what one says comes back half a second later. */
export function CallPanel() {
  const { t } = useTranslation('onboarding');
  const me = useMe();
  const { state, phone, takeOver } = usePhone();
  const softphone = useQuery({
    queryKey: keys.softphone,
    queryFn: () => ok(api.GET('/v1/softphone')),
    enabled: me.seat !== null && me.seat !== undefined,
  });
  const change = useStepChange();
  const call = state.call;
  const talking = call?.stage === 'talking';
  const now = useNow(1000, talking);
  const levels = useLevels(talking);
  const spoke = useOnce(levels.us > 1, call?.id);
  const heard = useOnce(levels.them > 1, call?.id);
  const echo = softphone.data?.echo_number ?? '*43';
  if (!me.seat) return <Note tone="warn" title={t('test_call.needs_seat')} />;
  return (
    <>
      <div className="relative rounded-lg border border-line bg-bg px-10 pt-8 pb-4">
        {call ? (
          <HangingCord state={talking ? 'talking' : 'ringing'} label={t('test_call.cord')} />
        ) : (
          <HangingCord
            state="waiting"
            label={t('test_call.cord')}
            className={state.last?.talkMs ? 'text-ok' : 'text-ink-3'}
          />
        )}
        <p className="num mt-2 text-center text-13 font-medium">
          {talking
            ? t('test_call.talking', { time: clock(now - (call.answeredAt ?? now)) })
            : call
              ? t(call.stage === 'incoming' ? 'ring_me.rings' : 'test_call.ringing')
              : t(`test_call.line.${state.line}`)}
        </p>
      </div>
      <p className="font-medium">{talking ? t('test_call.speak') : t('test_call.how')}</p>
      {state.line === 'elsewhere' && <Button onClick={takeOver}>{t('test_call.take_over')}</Button>}
      {call?.stage === 'incoming' ? null : call ? (
        <div className="flex flex-wrap gap-2">
          <Button
            className="grow"
            reason={!talking && t('test_call.not_yet')}
            onClick={() => {
              phone?.hangUp();
              change.mutate({ step: 'test_call', how: 'done' });
            }}
          >
            {t('test_call.i_hear')}
          </Button>
          <Button look="end" onClick={() => phone?.hangUp()}>
            <HangUpIcon className="size-4" />
            {t('test_call.end')}
          </Button>
        </div>
      ) : (
        <Button
          look="primary"
          reason={state.line !== 'ready' && t(`test_call.line.${state.line}`)}
          onClick={() => void phone?.dial(echo)}
        >
          <Phone aria-hidden className="size-4" />
          {t('test_call.action', { number: echo })}
        </Button>
      )}
      <div>
        <h3 className="mb-1 text-13 font-semibold">{t('test_call.saw')}</h3>
        <ul className="text-13">
          <Seen met={state.line === 'ready'}>{t('test_call.seen.line')}</Seen>
          <Seen met={talking || (state.last?.talkMs ?? 0) > 0}>{t('test_call.seen.answered')}</Seen>
          <Seen met={spoke}>{t('test_call.seen.voice')}</Seen>
          <Seen met={heard}>{t('test_call.seen.back')}</Seen>
        </ul>
      </div>
      <RingMe />
    </>
  );
}

/** True from the first time on; a new call starts afresh, the end of one does not. */
function useOnce(now: boolean, call: string | undefined): boolean {
  const [seen, setSeen] = useState<string | null>(null);
  const [last, setLast] = useState<string | undefined>(call);
  if (call && call !== last) setLast(call);
  if (now && call && seen !== call) setSeen(call);
  return seen !== null && seen === (call ?? last);
}

function Seen({ met, children }: { met: boolean; children: ReactNode }) {
  return (
    <li
      className={cx(
        'flex min-h-9 items-center gap-2.5 border-line not-first:border-t',
        met ? 'text-ink' : 'text-ink-3',
      )}
    >
      {met ? <Check aria-hidden className="size-4 text-ok" /> : <CircleDashed aria-hidden className="size-4" />}
      {children}
    </li>
  );
}
