import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { micros, written } from '../../i18n/amount';
import { dateTime } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Card } from '../../ui/page';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';
import { useCaps, useLiftAlarm, useSetCaps } from './queries';

type Caps = Schemas['SpendCaps'];

/** What may be spent at most, which destinations are open, and the alarm that somebody has to lift. */
export function Limits({ currency }: { currency: string }) {
  const caps = useCaps();
  if (caps.isError) return <ErrorState error={caps.error} onRetry={() => void caps.refetch()} />;
  if (!caps.data) return <Skeleton className="h-40" />;
  return (
    <div className="flex flex-col gap-6">
      <Alarms of={caps.data} />
      <Form key={JSON.stringify(caps.data.company)} of={caps.data} currency={currency} />
    </div>
  );
}

function Alarms({ of }: { of: Schemas['SpendCapsShown'] }) {
  const { t } = useTranslation('billing');
  const me = useMe();
  const say = useProblemText();
  const lift = useLiftAlarm();
  const [first] = of.alarms;
  if (!first) return null;
  return (
    <Note
      tone="bad"
      title={t('alarm.title', { at: dateTime(first.since) })}
      action={
        can(me, 'billing:write') && (
          <Button size="sm" busy={lift.isPending} onClick={() => lift.mutate(null)}>
            {t('alarm.lift')}
          </Button>
        )
      }
    >
      {lift.isError ? say(lift.error) : t('alarm.text')}
    </Note>
  );
}

const whole = (text: string): number | null | undefined =>
  text.trim() === '' ? null : /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : undefined;
const amount = (text: string): number | null | undefined => (text.trim() === '' ? null : (micros(text) ?? undefined));

function Form({ of, currency }: { of: Schemas['SpendCapsShown']; currency: string }) {
  const { t } = useTranslation('billing');
  const say = useProblemText();
  const me = useMe();
  const set = useSetCaps();
  const caps = of.company;
  const money = (value: number | null | undefined) => (value == null ? '' : written(value));
  const count = (value: number | null | undefined) => (value == null ? '' : String(value));
  const [hour, setHour] = useState(money(caps.hour_micros));
  const [day, setDay] = useState(money(caps.day_micros));
  const [longest, setLongest] = useState(caps.longest_s == null ? '' : count(Math.round(caps.longest_s / 60)));
  const [parallel, setParallel] = useState(count(caps.parallel));
  const [calls, setCalls] = useState(count(caps.velocity_calls));
  const [within, setWithin] = useState(caps.velocity_s == null ? '' : count(Math.round(caps.velocity_s / 60)));
  const [international, setInternational] = useState(caps.international);
  const [premium, setPremium] = useState(caps.premium);
  const times = (value: number | null | undefined) => (value == null ? value : value * 60);
  const next = {
    hour_micros: amount(hour),
    day_micros: amount(day),
    longest_s: times(whole(longest)),
    parallel: whole(parallel),
    velocity_calls: whole(calls),
    velocity_s: times(whole(within)),
    international,
    premium,
  };
  const fine =
    Object.values(next).every((value) => value !== undefined) &&
    (next.velocity_calls === null) === (next.velocity_s === null);
  const may = can(me, 'billing:write');
  const no = t('limits.no_limit');
  return (
    <Card title={t('limits.title')} note={t('limits.note')}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!fine) return;
          set.mutate({ company: next as Caps, seats: of.seats }, { onSuccess: () => toast(t('common:saved')) });
        }}
      >
        <fieldset disabled={!may} className="grid grid-cols-3 gap-4 max-lg:grid-cols-2 max-sm:grid-cols-1">
          <TextField
            label={t('limits.hour', { currency })}
            placeholder={no}
            inputMode="decimal"
            error={next.hour_micros === undefined ? t('limits.no_amount') : null}
            value={hour}
            onChange={(event) => setHour(event.target.value)}
          />
          <TextField
            label={t('limits.day', { currency })}
            placeholder={no}
            inputMode="decimal"
            error={next.day_micros === undefined ? t('limits.no_amount') : null}
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
          <TextField
            label={t('limits.longest')}
            placeholder={no}
            inputMode="numeric"
            error={next.longest_s === undefined ? t('limits.no_number') : null}
            value={longest}
            onChange={(event) => setLongest(event.target.value)}
          />
          <TextField
            label={t('limits.parallel')}
            placeholder={no}
            inputMode="numeric"
            error={next.parallel === undefined ? t('limits.no_number') : null}
            value={parallel}
            onChange={(event) => setParallel(event.target.value)}
          />
          <TextField
            label={t('limits.velocity_calls')}
            placeholder={no}
            inputMode="numeric"
            error={next.velocity_calls === undefined ? t('limits.no_number') : null}
            value={calls}
            onChange={(event) => setCalls(event.target.value)}
          />
          <TextField
            label={t('limits.velocity')}
            placeholder={no}
            inputMode="numeric"
            error={next.velocity_s === undefined ? t('limits.no_number') : null}
            value={within}
            onChange={(event) => setWithin(event.target.value)}
          />
        </fieldset>
        <div className="flex flex-col items-start gap-2">
          <Switch
            label={t('limits.international')}
            checked={international}
            onChange={setInternational}
            disabled={!may}
          />
          <Switch label={t('limits.premium')} checked={premium} onChange={setPremium} disabled={!may} />
          {premium && !caps.premium && <Note tone="warn" title={t('limits.premium_warning')} />}
        </div>
        {set.isError && <Note tone="bad" title={say(set.error)} />}
        {may && (
          <Button
            type="submit"
            look="primary"
            className="self-start"
            busy={set.isPending}
            reason={!fine && t('limits.fill')}
          >
            {t('common:save')}
          </Button>
        )}
      </form>
    </Card>
  );
}
