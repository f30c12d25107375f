/** How numbers are written on a gateway port, with a field that shows what would be sent before anything is saved. */
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayPort, Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button, IconButton } from '../../../ui/button';
import { Field, TextField } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Note } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useChangePort, usePreview } from '../queries';
import { changed, spoken } from './rules';

type Rules = Schemas['GatewayPortRules'];
type Habit = Schemas['NumberHabit'];
type Format = Schemas['NumberFormat'] | 'profile';
const FORMATS: Format[] = ['profile', 'plus', 'digits', 'national', 'national_bare', 'international_prefix'];

export function RulesForm({ port }: { port: GatewayPort }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangePort();
  const [rules, setRules] = useState<Rules>(port.rules);
  const wanted: Rules = { ...rules, called: spoken(rules.called ?? []), displayed: spoken(rules.displayed ?? []) };
  const format = (key: 'numbers' | 'displayed_numbers') => (
    <Field label={t(`rules.${key}`)}>
      {(wiring) => (
        <Select<Format>
          {...wiring}
          size="sm"
          value={rules[key] ?? 'profile'}
          onChange={(value) => setRules({ ...rules, [key]: value === 'profile' ? null : value })}
          options={FORMATS.map((value) => ({ value, label: t(`rules.format.${value}`) }))}
        />
      )}
    </Field>
  );
  return (
    <section aria-label={t('rules.title')} className="flex flex-col gap-3">
      <h3 className="text-13 font-semibold">{t('rules.title')}</h3>
      {format('numbers')}
      <Habits
        title={t('rules.called')}
        habits={rules.called ?? []}
        onChange={(called) => setRules({ ...rules, called })}
      />
      {format('displayed_numbers')}
      <Habits
        title={t('rules.displayed')}
        habits={rules.displayed ?? []}
        onChange={(displayed) => setRules({ ...rules, displayed })}
      />
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button
        size="sm"
        className="self-start"
        busy={change.isPending}
        onClick={() => change.mutate({ id: port.id, rules: wanted }, { onSuccess: () => toast(t('common:saved')) })}
      >
        {t('rules.save')}
      </Button>
      <TryNumbers port={port} rules={wanted} />
    </section>
  );
}

function Habits(props: { title: string; habits: Habit[]; onChange: (habits: Habit[]) => void }) {
  const { t } = useTranslation('operator');
  const { habits, onChange } = props;
  const part = (at: number, key: 'starts' | 'prepend', value: string) => (
    <TextField
      label={t(`rules.${key}`)}
      value={value}
      inputMode="tel"
      maxLength={24}
      onChange={(event) => onChange(changed(habits, at, { [key]: event.target.value.trim() }))}
      className="num h-8 text-13"
    />
  );
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-12 text-ink-2">{props.title}</legend>
      {habits.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: habits have no name but their place.
        <div key={at} className="grid grid-cols-[1fr_64px_1fr_32px] items-end gap-2">
          {part(at, 'starts', one.starts ?? '')}
          <TextField
            label={t('rules.strip')}
            inputMode="numeric"
            value={String(one.strip ?? 0)}
            onChange={(event) =>
              onChange(changed(habits, at, { strip: Number(event.target.value.replace(/\D/g, '')) || 0 }))
            }
            className="num h-8 text-13"
          />
          {part(at, 'prepend', one.prepend ?? '')}
          <IconButton label={t('rules.remove')} onClick={() => onChange(habits.filter((_, index) => index !== at))}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      {habits.length < 20 && (
        <Button
          size="sm"
          look="ghost"
          className="self-start"
          onClick={() => onChange([...habits, { starts: '', strip: 0, prepend: '' }])}
        >
          <Plus aria-hidden className="size-4" />
          {t('rules.add')}
        </Button>
      )}
    </fieldset>
  );
}

function TryNumbers({ port, rules }: { port: GatewayPort; rules: Rules }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const preview = usePreview();
  const [called, setCalled] = useState('');
  const [displayed, setDisplayed] = useState(port.numbers[0]?.e164 ?? '');
  return (
    <form
      aria-label={t('rules.try')}
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        preview.mutate({
          id: port.id,
          called: called.trim(),
          rules,
          ...(displayed.trim() ? { displayed: displayed.trim() } : {}),
        });
      }}
    >
      <h4 className="text-13 font-semibold">{t('rules.try')}</h4>
      <p className="text-12 text-ink-3">{t('rules.try_note')}</p>
      <TextField
        label={t('rules.dialled')}
        inputMode="tel"
        value={called}
        onChange={(event) => setCalled(event.target.value)}
        className="num h-8 text-13"
      />
      <TextField
        label={t('rules.shown')}
        inputMode="tel"
        value={displayed}
        onChange={(event) => setDisplayed(event.target.value)}
        className="num h-8 text-13"
      />
      <Button
        type="submit"
        size="sm"
        className="self-start"
        busy={preview.isPending}
        reason={called.trim() === '' && t('rules.dialled_first')}
      >
        {t('rules.show')}
      </Button>
      {preview.isError && <Note tone="bad" title={say(preview.error)} />}
      {preview.data && (
        <output className="num block rounded-md bg-panel-2 p-3 text-12 break-all">
          <span className="block">INVITE {preview.data.request_uri}</span>
          <span className="block">From: {preview.data.from}</span>
          {preview.data.headers.map((one) => (
            <span key={one.name} className="block">
              {one.name}: {one.value}
            </span>
          ))}
          <span className="mt-1 block text-ink-2">
            {preview.data.understood ? t('rules.understood', { number: preview.data.understood }) : t('rules.short')}
          </span>
        </output>
      )}
    </form>
  );
}
