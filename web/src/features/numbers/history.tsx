/** What became of a number, step by step, for a company and for operators. */
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { dateTime } from '../../i18n/format';
import { ErrorState, Skeleton } from '../../ui/state';

export function NumberHistory(props: {
  steps: Schemas['NumberStep'][] | undefined;
  error: unknown;
  onRetry: () => void;
}) {
  const { t } = useTranslation('numbers');
  if (props.error && !props.steps) return <ErrorState error={props.error} onRetry={props.onRetry} />;
  if (!props.steps) return <Skeleton className="h-16" />;
  return (
    <section>
      <h3 className="mb-2 text-13 font-semibold">{t('history.title')}</h3>
      {props.steps.length === 0 && <p className="text-13 text-ink-2">{t('history.none')}</p>}
      <ol className="flex flex-col gap-2">
        {props.steps.map((step) => (
          <li key={`${step.at} ${step.to} ${step.from}`} className="border-l-2 border-line-strong pl-3 text-13">
            <span className="block font-medium">
              {step.from
                ? t('history.step', { from: t(`life.${step.from}`), to: t(`life.${step.to}`) })
                : t('history.begin', { to: t(`life.${step.to}`) })}
            </span>
            <span className="block text-12 text-ink-2">
              {[dateTime(step.at), step.actor_name ?? t(`history.by.${step.actor}`), step.company]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
