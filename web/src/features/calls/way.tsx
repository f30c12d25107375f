/** The way that a caller took through the company's flow: step by step, with the keys that were pressed and the time that it took. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { paths } from '../../paths';
import { Kbd } from '../../ui/badge';
import { cx } from '../../ui/cx';
import { readable } from '../desk/numbers';

type Flow = Schemas['CallFlow'];
type Step = Flow['path'][number];

/** Share of the longest step, so that the eye finds where the time went; a step that took none has no bar. */
export function shareOf(step: Step, path: readonly Step[]): number {
  const longest = Math.max(...path.map((one) => one.stayed_ms));
  return longest > 0 ? step.stayed_ms / longest : 0;
}

export function Way({ flow }: { flow: Flow }) {
  const { t } = useTranslation(['calls', 'flow-steps']);
  return (
    <section className="border-t border-line px-6 py-5 max-sm:px-4" aria-label={t('way.title')}>
      <div className="mb-3 flex flex-wrap items-baseline gap-x-2">
        <h2 className="text-14 font-semibold">{t('way.title')}</h2>
        {/* A call that somebody sent straight to a queue was in no flow before. */}
        <Link
          to={flow.id.startsWith('flow_') ? paths.flow(flow.id) : paths.queues}
          className="text-13 text-ink-2 underline"
        >
          {flow.name}
        </Link>
      </div>
      <ol className="relative flex flex-col before:absolute before:top-3 before:bottom-3 before:left-[5px] before:w-px before:bg-line">
        {flow.path.map((step, at) => (
          <StepRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a way that was walked does not change.
            key={at}
            step={step}
            share={shareOf(step, flow.path)}
            inner={step.flow !== flow.id}
            last={at === flow.path.length - 1}
          />
        ))}
        {flow.outcome && (
          <li className="relative flex gap-3 py-1 text-13">
            <Dot className={ENDED_BADLY.has(flow.outcome) ? 'bg-bad text-bad' : 'bg-ink-3 text-ink-3'} />
            <span className="text-ink-2">{t(`flow-steps:outcome.${flow.outcome}`)}</span>
          </li>
        )}
      </ol>
      <Said flow={flow} />
    </section>
  );
}

const ENDED_BADLY = new Set(['dead_end', 'limit_reached']);

function Dot({ className }: { className: string }) {
  return (
    <span
      aria-hidden
      className={cx('z-10 mt-1 size-[11px] shrink-0 rounded-full border-2 border-current', className)}
    />
  );
}

function StepRow({ step, share, inner, last }: { step: Step; share: number; inner: boolean; last: boolean }) {
  const { t } = useTranslation(['calls', 'flow-steps']);
  const kind = t(`flow-steps:kind.${step.kind}.name`, { defaultValue: step.kind });
  return (
    <li className={cx('relative flex gap-3 py-1 text-13', inner && 'pl-4')}>
      <Dot className={cx('bg-bg', last ? 'text-info' : 'text-ink-3')} />
      <div className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-3">
        <span className="min-w-0">
          <span className="font-medium">{step.label || kind}</span>
          {step.label && <span className="ml-1.5 text-12 text-ink-3">{kind}</span>}
          {step.keys && (
            <span
              className="ml-2 inline-flex flex-wrap gap-1"
              role="img"
              aria-label={t('way.keys', { keys: step.keys })}
            >
              {[...step.keys].map((key, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: keys were pressed in this order, and the same may come twice.
                <Kbd key={at}>{key}</Kbd>
              ))}
            </span>
          )}
          {step.exit && step.exit !== 'next' && step.exit !== step.keys && (
            <span className="ml-2 text-12 text-ink-3">
              → {t(`flow-steps:exit.${step.exit}`, { defaultValue: step.exit })}
            </span>
          )}
        </span>
        <span className="num text-12 text-ink-2">{t('way.seconds', { s: (step.stayed_ms / 1_000).toFixed(1) })}</span>
        <span
          aria-hidden
          className="col-span-2 mt-1 h-1 rounded-full bg-info/60"
          style={{ width: `${share * 100}%` }}
        />
      </div>
    </li>
  );
}

/** What the caller said by keys, beyond the way itself. */
function Said({ flow }: { flow: Flow }) {
  const { t } = useTranslation('calls');
  if (flow.answers.length === 0 && flow.consent == null && flow.callbacks.length === 0) return null;
  return (
    <ul className="mt-3 flex flex-col gap-1 border-t border-line pt-3 text-13">
      {flow.answers.map((answer) => (
        <li key={answer.question}>{t('way.answer', { question: answer.question, score: answer.score })}</li>
      ))}
      {flow.consent != null && <li>{t(flow.consent ? 'way.agreed' : 'way.refused')}</li>}
      {flow.callbacks.map((number) => (
        <li key={number}>{t('way.call_back', { number: readable(number) })}</li>
      ))}
    </ul>
  );
}
