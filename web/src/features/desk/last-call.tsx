/** How the last call ended, in a sentence, until the next one. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { clock } from '../../i18n/format';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { type EndedCall, may } from '../../softphone/machine';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { titleOf } from './numbers';
import { otherSide, useMyCalls } from './recent';

const TROUBLE = new Set([
  'congested',
  'unreachable',
  'failed',
  'forbidden',
  'email_unverified',
  'no_credit',
  'capped',
  'microphone',
  'connection',
  'no_common_media',
  'not_found',
]);

/** Records and browsers have clocks of their own; a record further away is of another call. */
const SAME_CALL_MS = 120_000;

/** The record of a call that just ended; a call that was never offered to us carries no reference, so it is looked up. */
function useRecord(last: EndedCall): string | null {
  const { data } = useMyCalls();
  if (last.party.callRef) return last.party.callRef;
  const found = data?.items.find(
    (call) =>
      call.ended_at &&
      Math.abs(Date.parse(call.ended_at) - last.endedAt) < SAME_CALL_MS &&
      otherSide(call).number === last.party.number,
  );
  return found?.id ?? null;
}

export function LastCall({ last }: { last: EndedCall }) {
  const { t, i18n } = useTranslation('desk');
  const { state, phone } = usePhone();
  const who = titleOf(last.party, t('echo'));
  const record = useRecord(last);
  const trouble = TROUBLE.has(last.reason);
  return (
    <div
      role="status"
      data-reason={last.reason}
      className={cx(
        'flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-6 py-3 text-13',
        trouble && 'bg-bad-bg',
      )}
    >
      <span className="min-w-0 grow">
        <span className="font-medium">{t(`ended.${last.reason}`, { who })}</span>{' '}
        {last.talkMs > 0 && <span className="num text-ink-2">{t('talked', { time: clock(last.talkMs) })}</span>}
        {last.detail && i18n.resolvedLanguage === 'en' && <span className="text-ink-2">{last.detail}</span>}
      </span>
      {last.reason === 'email_unverified' && (
        <Link to={paths.setUp} className="font-medium text-brand hover:underline">
          {t('confirm_email')}
        </Link>
      )}
      {record && (
        <Link to={paths.call(record)} className="font-medium text-brand hover:underline">
          {t('explain')}
        </Link>
      )}
      {last.party.number && last.reason !== 'microphone' && (
        <Button
          size="xs"
          look="quiet"
          reason={may.dial(state) ? null : t('not_ready')}
          onClick={() => void phone?.dial(last.party.number)}
        >
          {t('call_again')}
        </Button>
      )}
    </div>
  );
}
