/** Rules of the SIM card in a slot, and what it has done today. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { time } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { ErrorState, Note, Skeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useChangePort, useSim } from '../queries';

export function SimForm({ id }: { id: string }) {
  const { t } = useTranslation('operator');
  const card = useSim(id);
  return (
    <section aria-label={t('card.title')} className="flex flex-col gap-3">
      <h3 className="text-13 font-semibold">{t('card.title')}</h3>
      {card.isError && !card.data && <ErrorState error={card.error} onRetry={() => void card.refetch()} />}
      {card.isPending && <Skeleton className="h-16" />}
      {card.data && (
        <>
          <p className="num text-13 text-ink-2">
            {t('card.today', { calls: card.data.calls_today, minutes: card.data.minutes_today })}
          </p>
          {card.data.refuses && (
            <Note tone="warn" title={t('card.refuses')}>
              {card.data.rests_until ? t('card.rests', { time: time(card.data.rests_until) }) : t('card.used_up')}
            </Note>
          )}
          <Rules key={id} id={id} rules={card.data.rules} />
        </>
      )}
    </section>
  );
}

const LIMITS = ['minutes_a_day', 'calls_a_day', 'rest_s', 'failures', 'failure_rest_s'] as const;

function Rules({ id, rules }: { id: string; rules: Schemas['SimRules'] }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangePort();
  const [texts, setTexts] = useState(() =>
    Object.fromEntries(LIMITS.map((key) => [key, rules[key] ? String(rules[key]) : ''])),
  );
  const [balance, setBalance] = useState(rules.balance ?? '');
  const number = (key: (typeof LIMITS)[number]) => Number((texts[key] ?? '').replace(/\D/g, '')) || 0;
  return (
    <form
      aria-label={t('card.title')}
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const sim: Schemas['SimRules'] = {
          minutes_a_day: number('minutes_a_day') || null,
          calls_a_day: number('calls_a_day') || null,
          rest_s: number('rest_s'),
          failures: number('failures') || null,
          failure_rest_s: number('failure_rest_s'),
          balance: balance.trim() || null,
        };
        change.mutate({ id, sim }, { onSuccess: () => toast(t('common:saved')) });
      }}
    >
      <div className="grid grid-cols-2 gap-3">
        {LIMITS.map((key) => (
          <TextField
            key={key}
            label={t(`card.${key}`)}
            inputMode="numeric"
            value={texts[key] ?? ''}
            placeholder={t('card.no_limit')}
            onChange={(event) => setTexts({ ...texts, [key]: event.target.value })}
            className="num h-8 text-13"
          />
        ))}
      </div>
      <TextField
        label={t('card.balance')}
        hint={t('card.balance_help')}
        value={balance}
        maxLength={120}
        onChange={(event) => setBalance(event.target.value)}
        className="h-8 text-13"
      />
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button type="submit" size="sm" className="self-start" busy={change.isPending}>
        {t('common:save')}
      </Button>
    </form>
  );
}
