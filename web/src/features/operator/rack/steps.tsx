import { Cable, Network, Server, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile, Schemas } from '../../../api/types';
import { usePrices } from '../../../prices';
import { Button } from '../../../ui/button';
import { cx } from '../../../ui/cx';
import { Field, TextField } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Note } from '../../../ui/state';
import { Switch } from '../../../ui/switch';
import { Segments } from '../../../ui/tabs';
import type { Say } from '../gateway/words';
import { profileLabel, profileNotes } from '../profile';
import { SiteForm } from '../site-form';
import type { Fault, RackForm } from './rules';

type StepProps = {
  form: RackForm;
  set: (patch: Partial<RackForm>) => void;
  faults: Partial<Record<keyof RackForm, Fault>>;
};

const ICON = { analog: Cable, trunk: Server, wireless: Smartphone, sip: Network };

/** Which box: what it is decides nearly everything else. */
export function BoxStep({ form, set, faults, profiles }: StepProps & { profiles: GatewayProfile[] }) {
  const { t } = useTranslation('operator');
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-16 font-semibold tracking-tight">{t('rack.which')}</legend>
      {faults.profile && <Note tone="bad" title={t('rack.which_first')} />}
      <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
        {profiles.map((one) => {
          const Icon = ICON[one.kind];
          const on = one.key === form.profile;
          return (
            <label
              key={one.key}
              className={cx(
                'flex cursor-pointer gap-3 rounded-lg border bg-panel p-4 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand',
                on ? 'border-brand bg-brand-bg' : 'border-line hover:bg-panel-2',
              )}
            >
              <input
                type="radio"
                name="profile"
                className="sr-only"
                checked={on}
                onChange={() =>
                  set({
                    profile: one.key,
                    ports: one.default_ports,
                    connection: one.connections[0] ?? 'registers_with_us',
                    channels: '',
                    rental: one.kind === 'analog' ? 'exclusive' : 'shared',
                  })
                }
              />
              <Icon aria-hidden className={cx('mt-0.5 size-5 shrink-0', on ? 'text-brand' : 'text-ink-3')} />
              <span className="min-w-0">
                <span className="block font-medium">{profileLabel(one, t as Say)}</span>
                <span className="block text-13 text-ink-2">
                  {t(`kind.${one.kind}`)}, {t(`ports.${one.port_kind}`, { count: one.default_ports })}
                  {one.vendor && ` · ${one.vendor}`}
                </span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

/** Where it stands, what it is called, how many gateway ports, and how they are offered. */
export function PlaceStep(props: StepProps & { profile: GatewayProfile; sites: Schemas['Site'][] }) {
  const prices = usePrices();
  const { t } = useTranslation('operator');
  const { form, set, faults, profile, sites } = props;
  const [adding, setAdding] = useState(sites.length === 0);
  const error = (field: keyof RackForm) => faults[field] && t(`fault.${faults[field]}`);
  return (
    <div className="grid grid-cols-2 items-start gap-4 max-md:grid-cols-1">
      <div className="flex flex-col gap-2">
        {adding ? (
          <div className="rounded-lg border border-line p-4">
            <SiteForm
              onDone={(site) => {
                set({ site: site.id });
                setAdding(false);
              }}
            />
          </div>
        ) : (
          <>
            <Field label={t('rack.site')} error={error('site')}>
              {(wiring) => (
                <Select
                  {...wiring}
                  value={form.site || null}
                  onChange={(site) => set({ site })}
                  placeholder={t('rack.site_choose')}
                  options={sites.map((one) => ({
                    value: one.id,
                    label: one.name,
                    ...(one.city ? { note: one.city } : {}),
                  }))}
                />
              )}
            </Field>
            <Button size="xs" look="ghost" className="self-start" onClick={() => setAdding(true)}>
              {t('sites.add')}
            </Button>
          </>
        )}
      </div>
      <TextField
        label={t('rack.label')}
        hint={t('rack.label_hint')}
        maxLength={60}
        error={error('label')}
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
          error={error('channels')}
          value={form.channels}
          onChange={(event) => set({ channels: event.target.value.replace(/\D/g, '') })}
          className="num"
        />
      )}
      <Field label={t('offer.title')} hint={t(`offer.note.${form.rental}`)}>
        {(wiring) => (
          <Select
            {...wiring}
            value={form.rental}
            onChange={(rental) => set({ rental })}
            options={(['exclusive', 'shared', 'not_for_rent'] as const).map((value) => ({
              value,
              label: t(`offer.${value}`),
            }))}
          />
        )}
      </Field>
      {prices && (
        <TextField
          label={t('rack.monthly')}
          hint={t('rack.monthly_hint')}
          inputMode="decimal"
          placeholder="0.00"
          error={error('monthly')}
          value={form.monthly}
          onChange={(event) => set({ monthly: event.target.value })}
          className="num"
        />
      )}
    </div>
  );
}

/** How the box and we find each other. */
export function ConnectionStep({ form, set, faults, profile }: StepProps & { profile: GatewayProfile }) {
  const { t } = useTranslation('operator');
  const error = (field: keyof RackForm) => faults[field] && t(`fault.${faults[field]}`);
  const away = form.connection !== 'registers_with_us';
  return (
    <div className="flex flex-col gap-4">
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-16 font-semibold tracking-tight">{t('rack.how')}</legend>
        {profile.connections.map((way) => (
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
              onChange={() => set({ connection: way })}
            />
            <span>
              <span className="block font-medium">{t(`connection.${way}`)}</span>
              <span className="block text-13 text-ink-2">{t(`connection_note.${way}`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {away && (
        <div className="grid grid-cols-[minmax(0,1fr)_120px_auto] items-start gap-4 max-md:grid-cols-1">
          <TextField
            label={t('rack.host')}
            placeholder="192.0.2.16"
            autoCapitalize="none"
            spellCheck={false}
            error={error('host')}
            value={form.host}
            onChange={(event) => set({ host: event.target.value })}
          />
          <TextField
            label={t('rack.udp_port')}
            inputMode="numeric"
            error={error('udp_port')}
            value={form.udp_port}
            onChange={(event) => set({ udp_port: event.target.value.replace(/\D/g, '') })}
            className="num"
          />
          <div className="flex flex-col gap-1.5">
            <span className="text-13 font-medium">{t('about.transport')}</span>
            <Segments
              label={t('about.transport')}
              value={form.transport}
              onChange={(transport) => set({ transport })}
              options={(['udp', 'tcp', 'tls'] as const).map((value) => ({ value, label: value.toUpperCase() }))}
            />
          </div>
        </div>
      )}
      {form.connection === 'we_register' && (
        <div className="grid grid-cols-3 items-start gap-4 max-md:grid-cols-1">
          <TextField
            label={t('about.username')}
            autoComplete="off"
            error={error('username')}
            value={form.username}
            onChange={(event) => set({ username: event.target.value })}
          />
          <TextField
            label={t('rack.password')}
            type="password"
            autoComplete="new-password"
            error={error('password')}
            value={form.password}
            onChange={(event) => set({ password: event.target.value })}
          />
          <TextField
            label={t('rack.realm')}
            hint={t('common:optional')}
            value={form.realm}
            onChange={(event) => set({ realm: event.target.value })}
          />
        </div>
      )}
      <div>
        <Switch label={t('rack.simulated')} checked={form.simulated} onChange={(simulated) => set({ simulated })} />
        <p className="mt-1 text-12 text-ink-3">{t('rack.simulated_hint')}</p>
      </div>
      {profile.notes.length > 0 && (
        <Note tone="info" title={t('rack.notes', { box: profileLabel(profile, t as Say) })}>
          <ul className="list-disc pl-4">
            {profileNotes(profile, t as Say).map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Note>
      )}
    </div>
  );
}
