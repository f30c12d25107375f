/** Fields that whoever racks a gateway fills in, operator or company. */
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile, Schemas } from '../../../api/types';
import { Button } from '../../../ui/button';
import { cx } from '../../../ui/cx';
import { Field, TextField } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Note } from '../../../ui/state';
import { Segments } from '../../../ui/tabs';
import type { Say } from '../gateway/words';
import { profileLabel, profileNotes } from '../profile';
import type { StepProps } from './box-step';
import type { RackForm } from './rules';

/** What is wrong with a field, in words. */
export function useFault(faults: StepProps['faults']): (field: keyof RackForm) => string | undefined {
  const { t } = useTranslation('operator');
  return (field) => {
    const fault = faults[field];
    return fault && t(`fault.${fault}`);
  };
}

/** One of the sites, or a new one. */
export function SiteField({
  form,
  set,
  faults,
  sites,
  words,
  add,
}: StepProps & {
  sites: { id: string; name: string; city?: string | null }[];
  words: { site: string; choose: string; add: string };
  /** The form of a new one. */
  add: (done: (site: { id: string }) => void) => ReactNode;
}) {
  const fault = useFault(faults);
  const [adding, setAdding] = useState(sites.length === 0);
  const done = (site: { id: string }) => {
    set({ site: site.id });
    setAdding(false);
  };
  if (adding)
    return (
      <div className="flex flex-col gap-3 rounded-lg border border-line p-4">
        {faults.site && <Note tone="bad" title={words.choose} />}
        {add(done)}
      </div>
    );
  return (
    <div className="flex flex-col gap-2">
      <Field label={words.site} error={fault('site')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={form.site || null}
            onChange={(site) => set({ site })}
            placeholder={words.choose}
            options={sites.map((one) => ({ value: one.id, label: one.name, ...(one.city ? { note: one.city } : {}) }))}
          />
        )}
      </Field>
      <Button size="xs" look="ghost" className="self-start" onClick={() => setAdding(true)}>
        {words.add}
      </Button>
    </div>
  );
}

/** What it is called, how many gateway ports it has, how many calls each carries. */
export function BoxFields({
  form,
  set,
  faults,
  profile,
  words,
}: StepProps & { profile: GatewayProfile; words: { label: string; hint: string } }) {
  const { t } = useTranslation('operator');
  const fault = useFault(faults);
  return (
    <>
      <TextField
        label={words.label}
        hint={words.hint}
        maxLength={60}
        error={fault('label')}
        value={form.label}
        onChange={(event) => set({ label: event.target.value })}
      />
      <Field label={t('rack.ports')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={String(form.ports)}
            onChange={(ports) => set({ ports: Number(ports) })}
            options={profile.port_choices.map((count) => ({
              value: String(count),
              label: t(`ports.${profile.port_kind}`, { count }),
            }))}
          />
        )}
      </Field>
      {profile.channels_default > 1 && (
        <TextField
          label={t('rack.channels')}
          hint={t('rack.channels_hint', { count: profile.channels_default })}
          inputMode="numeric"
          placeholder={String(profile.channels_default)}
          error={fault('channels')}
          value={form.channels}
          onChange={(event) => set({ channels: event.target.value.replace(/\D/g, '') })}
          className="num"
        />
      )}
    </>
  );
}

/** How the box and we find each other. */
export function WayField({
  form,
  ways,
  onChange,
}: {
  form: RackForm;
  ways: readonly Schemas['GatewayConnection'][];
  onChange: (way: Schemas['GatewayConnection']) => void;
}) {
  const { t } = useTranslation('operator');
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-16 font-semibold tracking-tight">{t('rack.how')}</legend>
      {ways.map((way) => (
        <label
          key={way}
          className={cx(
            'flex cursor-pointer gap-3 rounded-lg border bg-panel p-4',
            form.connection === way ? 'border-brand bg-brand-bg' : 'border-line hover:bg-panel-2',
          )}
        >
          <input
            type="radio"
            name="connection"
            className="dot mt-0.5"
            checked={form.connection === way}
            onChange={() => onChange(way)}
          />
          <span>
            <span className="block font-medium">{t(`connection.${way}`)}</span>
            <span className="block text-13 text-ink-2">{t(`connection_note.${way}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Where the box is found. */
export function AddressFields({
  form,
  set,
  faults,
  words,
}: StepProps & { words: { host: string; hint?: string; example: string; udp_port: string; transport: string } }) {
  const fault = useFault(faults);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_140px_auto] items-start gap-4 max-md:grid-cols-1">
      <TextField
        label={words.host}
        {...(words.hint ? { hint: words.hint } : {})}
        placeholder={words.example}
        autoCapitalize="none"
        spellCheck={false}
        error={fault('host')}
        value={form.host}
        onChange={(event) => set({ host: event.target.value })}
      />
      <TextField
        label={words.udp_port}
        inputMode="numeric"
        error={fault('udp_port')}
        value={form.udp_port}
        onChange={(event) => set({ udp_port: event.target.value.replace(/\D/g, '') })}
        className="num"
      />
      <div className="flex flex-col gap-1.5">
        <span className="text-13 font-medium">{words.transport}</span>
        <Segments
          label={words.transport}
          value={form.transport}
          onChange={(transport) => set({ transport })}
          options={(['udp', 'tcp', 'tls'] as const).map((value) => ({ value, label: value.toUpperCase() }))}
        />
      </div>
    </div>
  );
}

/** What its maker's menus are set to. */
export function BoxNotes({ profile }: { profile: GatewayProfile }) {
  const { t } = useTranslation('operator');
  if (profile.notes.length === 0) return null;
  return (
    <Note tone="info" title={t('rack.notes', { box: profileLabel(profile, t as Say) })}>
      <ul className="list-disc pl-4">
        {profileNotes(profile, t as Say).map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </Note>
  );
}
