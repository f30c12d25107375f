import { Check, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { TestVerdict } from '../../../api/types';
import { Note } from '../../../ui/state';
import { type Say, verdictReason } from './words';

/** What a test call found, step by step, in plain words; the SIP code comes last. */
export function Verdict({ verdict }: { verdict: TestVerdict }) {
  const { t } = useTranslation(['operator', 'desk']);
  const reason = verdictReason(verdict, t as Say);
  const good = verdict.steps.length > 0 && verdict.steps.every((one) => one.ok);
  return (
    <div className="mt-3 flex flex-col gap-2" role="status">
      <Note
        tone={good ? 'ok' : 'bad'}
        title={t(`verdict.${verdict.key}`, { defaultValue: verdict.text })}
        {...(verdict.sip_code && !good ? { code: `SIP ${verdict.sip_code}` } : {})}
      >
        {reason}
      </Note>
      <ol className="num text-13">
        {verdict.steps.map((step) => (
          <li
            key={step.key}
            className="grid min-h-9 grid-cols-[20px_minmax(0,1fr)_auto] items-center gap-2 border-line py-1 not-first:border-t"
          >
            {step.ok ? (
              <Check aria-label={t('verdict_ok')} className="size-4 text-ok" />
            ) : (
              <X aria-label={t('verdict_bad')} className="size-4 text-bad" />
            )}
            <span>{t(step.ok ? `step.${step.key}` : `step_failed.${step.key}`, { defaultValue: step.text })}</span>
            <span className="text-ink-3">{step.ms < 1000 ? `${step.ms} ms` : `${(step.ms / 1000).toFixed(1)} s`}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
