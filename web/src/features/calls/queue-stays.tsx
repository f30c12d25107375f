/** Why this agent: each stay of the call in a queue, who was offered it and who was not, and what the others did. */
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { clock, time } from '../../i18n/format';
import { Badge, type Tone } from '../../ui/badge';
import { cx } from '../../ui/cx';
import { STATE_TONE } from '../agents/state-choice';
import { STATES } from '../queues/standing';

type Stay = Schemas['QueueStay'];
type Turn = Schemas['QueueTurn'];

const TONE: Record<string, Tone> = { answered: 'ok', abandoned: 'bad', overflowed: 'info' };
const DOT: Record<string, string> = { offered: 'bg-info', answered: 'bg-ok', missed: 'bg-warn', left: 'bg-ink-3' };

export function QueueStays({ stays }: { stays: Stay[] }) {
  const { t } = useTranslation('calls');
  if (stays.length === 0) return null;
  return (
    <section className="border-b border-line p-4" aria-label={t('queues.title')}>
      <h2 className="mb-2 text-13 font-semibold">{t('queues.title')}</h2>
      <div className="flex flex-col gap-4">
        {stays.map((stay) => (
          <OneStay key={`${stay.queue} ${stay.entered_at}`} stay={stay} />
        ))}
      </div>
    </section>
  );
}

function OneStay({ stay }: { stay: Stay }) {
  const { t } = useTranslation('calls');
  const began = Date.parse(stay.entered_at);
  return (
    <article aria-label={stay.name} className="text-13">
      <header className="mb-1.5 flex min-w-0 items-center gap-2">
        <h3 className="min-w-0 truncate font-medium">{stay.name}</h3>
        <Badge tone={TONE[stay.outcome] ?? 'warn'}>
          {t(`queues.outcome.${stay.outcome}` as 'queues.outcome.full')}
        </Badge>
        <span className="num ml-auto shrink-0 text-ink-2">{t('queues.waited', { time: clock(stay.waited_ms) })}</span>
      </header>
      <ol className="flex flex-col gap-2">
        {stay.turns.map((turn, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the past does not change its order
          <li key={at} className="grid grid-cols-[12px_minmax(0,1fr)_auto] gap-x-2">
            <span aria-hidden className={cx('mt-1.5 size-2 rounded-full', DOT[turn.kind] ?? 'bg-ink-3')} />
            <OneTurn turn={turn} stay={stay} />
            <span className="num text-12 text-ink-3">{time(began + turn.at_ms)}</span>
          </li>
        ))}
      </ol>
      {stay.turns_lost > 0 && <p className="mt-1 text-12 text-ink-3">{t('queues.lost', { count: stay.turns_lost })}</p>}
    </article>
  );
}

function OneTurn({ turn, stay }: { turn: Turn; stay: Stay }) {
  const { t } = useTranslation('calls');
  const agent = turn.agent ?? t('queues.somebody');
  const why = turn.why ? t(`queues.missed.${turn.why}` as 'queues.missed.declined') : '';
  return (
    <div className="min-w-0">
      <p>
        {turn.kind === 'offered' && t(turn.known ? 'queues.offered_known' : 'queues.offered', { agent })}
        {turn.kind === 'missed' && t('queues.not_taken', { agent, why })}
        {turn.kind === 'answered' && t('queues.took', { agent })}
        {turn.kind === 'left' && (stay.next ? t('queues.went_on', { queue: stay.next }) : t('queues.left_without'))}
      </p>
      <WhyNot turn={turn} />
      {turn.agents && <Census counts={turn.agents} />}
    </div>
  );
}

/** Free agents who did not get it, by reason, the first few by name. */
function WhyNot({ turn }: { turn: Turn }) {
  const { t, i18n } = useTranslation('calls');
  if (turn.counts.length === 0 && turn.passed.length === 0) return null;
  const list = new Intl.ListFormat(i18n.language, { type: 'conjunction' });
  return (
    <ul className="mt-0.5 text-12 text-ink-2">
      {turn.counts.map((one) => {
        const names = turn.others.filter((other) => other.why === one.why).flatMap((other) => other.agent ?? []);
        const rest = one.count - names.length;
        const who = rest > 0 ? [...names, t('queues.others', { count: rest })] : names;
        return (
          <li key={one.why}>
            {t(`queues.why_not.${one.why}` as 'queues.why_not.less_idle', { who: list.format(who), count: one.count })}
          </li>
        );
      })}
      {turn.passed.length > 0 && <li>{t('queues.passed', { count: turn.passed.length })}</li>}
    </ul>
  );
}

function Census({ counts }: { counts: Schemas['AgentCounts'] }) {
  const { t } = useTranslation('agents');
  const present = STATES.filter((state) => counts[state] > 0);
  if (present.length === 0) return null;
  return (
    <p className="mt-0.5 flex flex-wrap gap-x-3 text-12 text-ink-3">
      {present.map((state) => (
        <span key={state} className="flex items-center gap-1">
          <span aria-hidden className={cx('size-1.5 rounded-full', STATE_TONE[state])} />
          <span className="num">{counts[state]}</span> {t(`state.${state}`)}
        </span>
      ))}
    </p>
  );
}
