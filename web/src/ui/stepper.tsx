import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';

/** Where the reader stands in a row of steps. */
export function Stepper({ steps, at }: { steps: string[]; at: number }) {
  const { t } = useTranslation();
  return (
    <ol className="flex flex-wrap items-center gap-x-2 gap-y-1" aria-label={t('steps')}>
      {steps.map((name, index) => (
        <li key={name} aria-current={index === at ? 'step' : undefined} className="flex items-center gap-2 text-13">
          <StepDot done={index < at} now={index === at}>
            {index + 1}
          </StepDot>
          <span className={cx('font-medium', index === at ? 'text-ink' : 'text-ink-3 max-sm:sr-only')}>{name}</span>
          {index < steps.length - 1 && <span aria-hidden className="mx-1 h-px w-6 bg-line-strong max-sm:w-3" />}
        </li>
      ))}
    </ol>
  );
}

export function StepDot({ done, now, children }: { done: boolean; now: boolean; children: ReactNode }) {
  return (
    <span
      className={cx(
        'num z-1 grid size-6.5 shrink-0 place-items-center rounded-full border-2 text-12 font-semibold',
        done && 'border-ok bg-ok text-on-ok',
        now && !done && 'border-brand bg-panel text-brand ring-4 ring-brand-bg',
        !now && !done && 'border-line-strong bg-panel text-ink-2',
      )}
    >
      {done ? <Check aria-hidden className="size-3.5" strokeWidth={2.5} /> : children}
    </span>
  );
}
