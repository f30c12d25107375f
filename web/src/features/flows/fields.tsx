/** Controls that the panels of the steps are made of. */
import { ArrowDown, ArrowUp, Braces, Plus, Trash2 } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass, IconButton } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { cx } from '../../ui/cx';
import { Field, Input, inputClass, TextField } from '../../ui/field';
import { Menu, MenuItem } from '../../ui/menu';
import { Select } from '../../ui/select';
import { Segments } from '../../ui/tabs';
import { languageName } from './languages';
import { type Graph, languagesOf, type VariableKind } from './model/graph';
import { GIVEN, KEYS, type Sound, spoken, type Target, type Texts } from './parts';
import { useChoices } from './references';

export function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3 border-t border-line px-4 py-4 first:border-t-0">
      <div className="flex min-h-6 items-center gap-2">
        <h3 className="grow text-13 font-semibold">{title}</h3>
        {action}
      </div>
      {children}
    </section>
  );
}

/** What is right as it is for nearly everybody. */
export function Advanced({ children }: { children: ReactNode }) {
  const { t } = useTranslation('flow-steps');
  return (
    <details className="group border-t border-line px-4 py-3">
      <summary className="cursor-pointer rounded-sm py-1 text-13 font-semibold text-ink-2">{t('advanced')}</summary>
      <div className="flex flex-col gap-4 pt-3">{children}</div>
    </details>
  );
}

/** Words in which variables may stand. */
export function WordsField(props: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  graph: Graph;
  rows?: number;
  hint?: string;
  placeholder?: string;
  error?: string | null;
  lang?: string;
  aside?: ReactNode;
}) {
  const { t } = useTranslation('flow-steps');
  const area = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const insert = (name: string) => {
    const [from, to] = [
      area.current?.selectionStart ?? props.value.length,
      area.current?.selectionEnd ?? props.value.length,
    ];
    props.onChange(`${props.value.slice(0, from)}{{${name}}}${props.value.slice(to)}`);
  };
  const names = [...props.graph.variables.map((one) => one.name), ...GIVEN];
  const common = {
    ref: area,
    value: props.value,
    placeholder: props.placeholder,
    lang: props.lang,
    onChange: (event: { target: { value: string } }) => props.onChange(event.target.value),
  };
  return (
    <Field
      label={props.label}
      hint={props.hint}
      error={props.error}
      aside={
        <span className="flex items-center gap-1">
          {props.aside}
          <Menu
            trigger={
              <button
                type="button"
                title={t('insert_variable')}
                aria-label={t('insert_variable')}
                className={buttonClass({ look: 'ghost', size: 'xs', icon: true })}
              >
                <Braces aria-hidden className="size-3.5" />
              </button>
            }
          >
            {names.map((name) => (
              <MenuItem key={name} onSelect={() => insert(name)}>
                <span className="font-mono text-12">{name}</span>
                <span className="ml-auto text-12 text-ink-3">{t(`given.${name}`, { defaultValue: '' })}</span>
              </MenuItem>
            ))}
          </Menu>
        </span>
      }
    >
      {(wiring) =>
        (props.rows ?? 3) > 1 ? (
          <textarea
            {...wiring}
            {...common}
            rows={props.rows ?? 3}
            className={cx(inputClass, 'h-auto resize-y py-2 leading-5')}
          />
        ) : (
          <Input {...wiring} {...common} />
        )
      }
    </Field>
  );
}

export function NumberField(props: {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max: number;
  unit?: string;
  hint?: string;
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  const id = useId();
  const fits = props.value >= props.min && props.value <= props.max;
  const error = props.error ?? (fits ? null : t('between', { min: props.min, max: props.max }));
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-3">
        <label htmlFor={id} className="min-w-0 grow text-13 font-medium">
          {props.label}
        </label>
        <input
          id={id}
          type="number"
          inputMode="numeric"
          min={props.min}
          max={props.max}
          value={props.value}
          aria-invalid={error ? true : undefined}
          aria-describedby={error || props.hint ? `${id}-note` : undefined}
          onChange={(event) => props.onChange(Math.trunc(Number(event.target.value) || 0))}
          className={cx(inputClass, 'num h-8 w-20 text-13')}
        />
        {props.unit && <span className="w-12 text-12 text-ink-3">{props.unit}</span>}
      </div>
      {(error || props.hint) && (
        <p id={`${id}-note`} className={cx('text-12', error ? 'text-bad' : 'text-ink-3')}>
          {error ?? props.hint}
        </p>
      )}
    </div>
  );
}

type Timing = { value: number; onChange: (value: number) => void };

/** Seconds until silence counts as no answer. */
export function WaitField(props: Timing) {
  const { t } = useTranslation('flow-steps');
  return <NumberField label={t('wait')} unit={t('seconds')} min={1} max={60} {...props} />;
}

/** How often is asked. */
export function TriesField(props: Timing) {
  const { t } = useTranslation('flow-steps');
  return <NumberField label={t('tries')} unit={t('times')} min={1} max={9} {...props} />;
}

/** Seconds between two digits, after which what was keyed counts. */
export function BetweenField(props: Timing) {
  const { t } = useTranslation('flow-steps');
  return <NumberField label={t('between_digits')} unit={t('seconds')} min={1} max={30} {...props} />;
}

/** A name that other things hang on: half of it, or another's, is shown and not taken. */
export function NameInput({
  value,
  onCommit,
  fits,
  clean,
  ...rest
}: {
  value: string;
  onCommit: (name: string) => void;
  fits: (name: string) => boolean;
  clean?: (text: string) => string;
} & Omit<ComponentProps<'input'>, 'value' | 'onChange'>) {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? value;
  return (
    <Input
      {...rest}
      value={shown}
      aria-invalid={rest['aria-invalid'] || !(shown === value || fits(shown)) || undefined}
      onChange={(event) => {
        const next = clean ? clean(event.target.value) : event.target.value;
        setText(next);
        if (next !== value && fits(next)) onCommit(next);
      }}
      onBlur={() => setText(null)}
    />
  );
}

/** One key of a telephone, or none. */
export function KeyField(props: {
  label: string;
  value: string;
  onChange: (key: string) => void;
  none?: string;
  error?: string | null;
}) {
  const options = [
    ...(props.none ? [{ value: 'none', label: props.none }] : []),
    ...KEYS.map((key) => ({ value: key as string, label: key as string })),
  ];
  return (
    <Field label={props.label} error={props.error}>
      {(wiring) => (
        <Select
          {...wiring}
          options={options}
          value={props.value || 'none'}
          onChange={(key) => props.onChange(key === 'none' ? '' : key)}
        />
      )}
    </Field>
  );
}

/** Text in every language of the flow. */
export function TextsField(props: {
  label: string;
  texts: Texts;
  onChange: (texts: Texts) => void;
  graph: Graph;
  problem: (language: string) => string | null;
  placeholder?: string;
}) {
  const { t, i18n } = useTranslation('flow-steps');
  const languages = languagesOf(props.graph);
  const [chosen, setChosen] = useState(props.graph.language);
  const language = languages.includes(chosen) ? chosen : props.graph.language;
  const missing = languages.filter((one) => !props.texts[one]?.trim());
  return (
    <div className="flex flex-col gap-2">
      {languages.length > 1 && (
        <Segments
          label={t('language_of_text')}
          value={language}
          onChange={setChosen}
          options={languages.map((one) => ({
            value: one,
            label: (
              <>
                {languageName(one, i18n.language)}
                {missing.includes(one) && (
                  <span title={t('not_written')} className="size-1.5 rounded-full bg-warn">
                    <span className="sr-only">{t('not_written')}</span>
                  </span>
                )}
              </>
            ),
          }))}
        />
      )}
      <WordsField
        label={props.label}
        lang={language}
        value={props.texts[language] ?? ''}
        onChange={(text) => props.onChange({ ...props.texts, [language]: text })}
        graph={props.graph}
        error={props.problem(language)}
        placeholder={props.placeholder ?? t('text_placeholder')}
      />
    </div>
  );
}

/** What is heard: words to be spoken or a stored prompt; where it may be absent, nothing. */
export function SoundField(props: {
  label: string;
  value: Sound | null | undefined;
  onChange: (sound: Sound | null) => void;
  graph: Graph;
  problem: (path: string) => string | null;
  field: string;
  optional?: boolean;
  placeholder?: string;
}) {
  const { t } = useTranslation('flow-steps');
  const prompts = useChoices('prompt');
  const { value, field, problem } = props;
  const kind = value?.kind ?? (props.optional ? 'none' : 'text');
  const options = [
    ...(props.optional ? [{ value: 'none' as const, label: t('sound.none') }] : []),
    { value: 'text' as const, label: t('sound.text') },
    { value: 'prompt' as const, label: t('sound.prompt') },
  ];
  const texts = value?.kind === 'text' ? value : null;
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="sr-only">{props.label}</legend>
      <div className="flex flex-wrap items-center gap-2">
        <span aria-hidden className="grow text-13 font-medium">
          {props.label}
        </span>
        <Segments
          label={t('sound.how', { what: props.label })}
          value={kind}
          options={options}
          onChange={(chosen) => {
            if (chosen === kind) return;
            if (chosen === 'none') props.onChange(null);
            else props.onChange(chosen === 'text' ? spoken() : { kind: 'prompt', prompt: '' });
          }}
        />
      </div>
      {kind === 'text' && (
        <TextsField
          label={t('sound.words')}
          texts={texts?.text ?? {}}
          onChange={(text) => props.onChange({ kind: 'text', text, ...(texts?.voice ? { voice: texts.voice } : {}) })}
          graph={props.graph}
          problem={(language) => problem(`${field}/text/${language}`) ?? problem(field)}
          {...(props.placeholder ? { placeholder: props.placeholder } : {})}
        />
      )}
      {value?.kind === 'prompt' && (
        <Field label={t('sound.which')} error={problem(field)}>
          {(wiring) => (
            <Combobox
              {...wiring}
              options={prompts}
              value={value.prompt || null}
              onChange={(prompt) => props.onChange({ kind: 'prompt', prompt: prompt ?? '' })}
              placeholder={t('choose')}
              empty={t('sound.no_prompts')}
            />
          )}
        </Field>
      )}
    </fieldset>
  );
}

export function VariableField(props: {
  label: string;
  value: string;
  onChange: (name: string) => void;
  graph: Graph;
  /** Variables that every call has can be read and not set. */
  reads?: boolean;
  kind?: VariableKind;
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  const own = props.graph.variables.filter((one) => !props.kind || one.kind === props.kind);
  const options = [
    ...own.map((one) => ({ value: one.name, label: one.name, note: t(`variable_kind.${one.kind}`) })),
    ...(props.reads ? GIVEN.map((name) => ({ value: name, label: name, note: t(`given.${name}`) })) : []),
  ];
  const known = !props.value || options.some((one) => one.value === props.value);
  return (
    <Field label={props.label} error={props.error} hint={options.length === 0 ? t('no_variables') : undefined}>
      {(wiring) => (
        <Select
          {...wiring}
          options={known ? options : [...options, { value: props.value, label: props.value }]}
          value={props.value || null}
          onChange={props.onChange}
          placeholder={t('choose')}
        />
      )}
    </Field>
  );
}

export function ChoiceField(props: {
  label: string;
  what: 'seat' | 'team' | 'queue' | 'prompt' | 'flow';
  value: string;
  onChange: (id: string) => void;
  /** What no choice means, where that means something. */
  none?: string;
  not?: string;
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  const choices = useChoices(props.what).filter((one) => one.value !== props.not);
  const options = props.none ? [{ value: 'none', label: props.none }, ...choices] : choices;
  const value = props.value || (props.none ? 'none' : null);
  const known = value === null || options.some((one) => one.value === value);
  return (
    <Field label={props.label} error={props.error}>
      {(wiring) => (
        <Combobox
          {...wiring}
          options={known ? options : [...options, { value: value ?? '', label: t('gone') }]}
          value={value}
          onChange={(id) => props.onChange(id === null || id === 'none' ? '' : id)}
          placeholder={t('choose')}
          empty={t(`none_of.${props.what}`)}
        />
      )}
    </Field>
  );
}

const TARGETS = ['seat', 'team', 'extension', 'number'] as const;

/** Somebody who can be rung. */
export function TargetField(props: {
  label: string;
  value: Target | null | undefined;
  onChange: (target: Target) => void;
  graph: Graph;
  kinds?: readonly Target['kind'][];
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  const { value } = props;
  const kind = value?.kind ?? 'seat';
  const fresh: Record<Target['kind'], Target> = {
    seat: { kind: 'seat', seat: '' },
    team: { kind: 'team', team: '' },
    extension: { kind: 'extension', extension: '' },
    number: { kind: 'number', number: '' },
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="sr-only">{props.label}</legend>
      <Field label={props.label}>
        {({ id }) => (
          <Select
            id={id}
            options={(props.kinds ?? TARGETS).map((one) => ({ value: one, label: t(`target.${one}`) }))}
            value={kind}
            onChange={(chosen) => chosen !== value?.kind && props.onChange(fresh[chosen])}
          />
        )}
      </Field>
      {(kind === 'seat' || kind === 'team') && (
        <ChoiceField
          label={t(`target.which_${kind}`)}
          what={kind}
          value={value?.kind === 'seat' ? value.seat : value?.kind === 'team' ? value.team : ''}
          onChange={(id) => props.onChange(kind === 'seat' ? { kind, seat: id } : { kind, team: id })}
          error={props.error ?? null}
        />
      )}
      {value?.kind === 'extension' && (
        <WordsField
          label={t('target.extension')}
          rows={1}
          value={value.extension}
          onChange={(extension) => props.onChange({ kind: 'extension', extension })}
          graph={props.graph}
          error={props.error ?? null}
          placeholder="101"
        />
      )}
      {value?.kind === 'number' && (
        <WordsField
          label={t('target.number')}
          rows={1}
          value={value.number}
          onChange={(number) => props.onChange({ kind: 'number', number })}
          graph={props.graph}
          error={props.error ?? null}
          placeholder="+14155550100"
        />
      )}
    </fieldset>
  );
}

const ZONES = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }));

export function ZoneField(props: {
  label: string;
  value: string;
  onChange: (zone: string) => void;
  /** What no zone means. */
  none?: string;
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  const all = ZONES.some((one) => one.value === 'UTC') ? ZONES : [{ value: 'UTC', label: 'UTC' }, ...ZONES];
  const options = props.none ? [{ value: 'none', label: props.none }, ...all] : all;
  const value = props.value || (props.none ? 'none' : 'UTC');
  return (
    <Field label={props.label} error={props.error}>
      {(wiring) => (
        <Combobox
          {...wiring}
          options={options.some((one) => one.value === value) ? options : [...options, { value, label: value }]}
          value={value}
          onChange={(zone) => zone !== null && props.onChange(zone === 'none' ? '' : zone)}
          placeholder={t('choose')}
          empty={t('common:nothing_found')}
        />
      )}
    </Field>
  );
}

/** A list whose entries can be added, moved and taken away. */
export function ListField<T>(props: {
  title: string;
  add: string;
  list: readonly T[];
  onAdd: () => void;
  onRemove: (at: number) => void;
  onMove?: (at: number, by: -1 | 1) => void;
  nameOf: (one: T, at: number) => string;
  children: (one: T, at: number) => ReactNode;
  error?: string | null;
}) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section
      title={props.title}
      action={
        <Button size="xs" look="ghost" onClick={props.onAdd}>
          <Plus aria-hidden className="size-3.5" />
          {props.add}
        </Button>
      }
    >
      {props.error && <p className="text-12 text-bad">{props.error}</p>}
      {props.list.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {props.list.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no name of their own while one types.
            <li key={at} className="flex items-start gap-1 py-2.5 first:pt-0 last:pb-0">
              <div className="flex min-w-0 grow flex-col gap-2">{props.children(one, at)}</div>
              {props.onMove && (
                <>
                  <IconButton
                    size="xs"
                    label={t('move_up', { what: props.nameOf(one, at) })}
                    reason={at === 0 && t('is_first')}
                    onClick={() => props.onMove?.(at, -1)}
                  >
                    <ArrowUp aria-hidden className="size-3.5" />
                  </IconButton>
                  <IconButton
                    size="xs"
                    label={t('move_down', { what: props.nameOf(one, at) })}
                    reason={at === props.list.length - 1 && t('is_last')}
                    onClick={() => props.onMove?.(at, 1)}
                  >
                    <ArrowDown aria-hidden className="size-3.5" />
                  </IconButton>
                </>
              )}
              <IconButton
                size="xs"
                label={t('remove', { what: props.nameOf(one, at) })}
                onClick={() => props.onRemove(at)}
              >
                <Trash2 aria-hidden className="size-3.5" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export { TextField };
