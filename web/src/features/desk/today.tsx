/** The agent's own day in four figures. */
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { clock } from '../../i18n/format';
import { useMyCalls } from './recent';

export function dayOf(
  calls: Schemas['CallSummary'][],
  now: Date,
): { handled: number; missed: number; talkMs: number; average: number } {
  const today = calls.filter((call) => new Date(call.started_at).toDateString() === now.toDateString());
  const answered = today.filter((call) => call.answered_at);
  const talkMs = answered.reduce((sum, call) => sum + call.talk_ms, 0);
  return {
    handled: answered.length,
    missed: today.filter((call) => call.direction === 'inbound' && call.ended_at && !call.answered_at).length,
    talkMs,
    average: answered.length > 0 ? talkMs / answered.length : 0,
  };
}

export function Today() {
  const { t } = useTranslation('desk');
  const { data } = useMyCalls();
  const day = dayOf(data?.items ?? [], new Date());
  const figures: [string, string][] = [
    ['handled', String(day.handled)],
    ['missed', String(day.missed)],
    ['talk', clock(day.talkMs)],
    ['average', clock(day.average)],
  ];
  return (
    <section aria-label={t('today.title')} className="mt-auto border-t border-line p-4">
      <h2 className="mb-2 text-13 font-semibold">{t('today.title')}</h2>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
        {figures.map(([name, figure]) => (
          <div key={name}>
            <dt className="text-12 font-medium text-ink-3">{t(`today.${name}`)}</dt>
            <dd className="num text-16 font-semibold tracking-tight">{figure}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
