/** What happened, in order and in words. */
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { time } from '../../i18n/format';
import { cx } from '../../ui/cx';
import { legName } from './legs';

type Moment = Schemas['Moment'];

const TONE: Record<string, string> = {
  ringing: 'text-info',
  early_media: 'text-info',
  answered: 'text-ok',
  first_answered: 'text-info',
  first_audio: 'text-ok',
  taken_over: 'text-info',
  held: 'text-warn',
  lost: 'text-warn',
  regained: 'text-ok',
  parked: 'text-warn',
  picked_up: 'text-ok',
  silent: 'text-warn',
  audible: 'text-ok',
  unheard: 'text-warn',
  heard_again: 'text-ok',
  limit_hit: 'text-bad',
  failed_over: 'text-warn',
};

export function Moments({ call }: { call: Schemas['CallDetail'] }) {
  const { t } = useTranslation('calls');
  const began = Date.parse(call.summary.started_at);
  const party = ({ leg, party }: Moment) => {
    // Who is meant, where that is not the leg itself: nobody knows a device by its account.
    if (party) return legName({ party }, call.summary);
    const found = call.legs.find((one) => one.id === leg);
    return found ? legName(found, call.summary) : '';
  };
  return (
    <section className="p-4" aria-label={t('why')}>
      <h2 className="mb-2 text-13 font-semibold">{t('why')}</h2>
      <ol className="relative flex flex-col gap-2.5 before:absolute before:top-2 before:bottom-2 before:left-[4px] before:w-px before:bg-line">
        {call.timeline.map((moment, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a timeline only grows at its end.
            key={at}
            className="relative flex gap-3 text-13"
          >
            <span
              aria-hidden
              className={cx(
                'z-10 mt-1 size-[9px] shrink-0 rounded-full border-2 border-current bg-bg',
                TONE[moment.kind] ?? 'text-ink-3',
              )}
            />
            <span className="min-w-0">
              <time className="mr-1.5 text-ink-3">{time(began + moment.at_ms)}</time>
              <Words moment={moment} party={party(moment)} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Words({ moment, party }: { moment: Moment; party: string }) {
  const { t } = useTranslation(['calls', 'desk']);
  const values = {
    party,
    digit: moment.digit ?? '',
    label: moment.label ?? '',
    cause: moment.cause ? t(`desk:cause.${moment.cause}`) : '',
    seconds: Math.round((moment.for_ms ?? 0) / 1_000),
    gap: ((moment.for_ms ?? 0) / 1_000).toFixed(1),
    context: moment.why ?? undefined,
  };
  return (
    <>
      {t(`moment.${moment.kind}`, values)}
      {moment.sip_status != null && <span className="text-ink-3"> ({moment.sip_status})</span>}
    </>
  );
}
