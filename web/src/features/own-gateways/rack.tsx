import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile, Schemas } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button, buttonClass } from '../../ui/button';
import { HangingCord } from '../../ui/cord';
import { cx } from '../../ui/cx';
import { Field, TextField } from '../../ui/field';
import { Page } from '../../ui/page';
import { Select } from '../../ui/select';
import { ErrorState, Note, PageSkeleton } from '../../ui/state';
import { Stepper } from '../../ui/stepper';
import { Switch } from '../../ui/switch';
import { Segments } from '../../ui/tabs';
import type { Say } from '../operator/gateway/words';
import { profileLabel, profileNotes } from '../operator/profile';
import { AccountList } from '../operator/rack/account-list';
import type { RackForm } from '../operator/rack/rules';
import { BoxStep } from '../operator/rack/steps';
import { useLab, useOwnGateway, useProfiles, useRack, useSites } from './queries';
import { type Fault, faults, request } from './rules';
import { OwnSiteForm } from './site-form';

const EMPTY: RackForm = {
  profile: '',
  site: '',
  label: '',
  connection: 'registers_with_us',
  ports: 1,
  host: '',
  udp_port: '5060',
  transport: 'udp',
  channels: '',
  username: '',
  password: '',
  realm: '',
  rental: 'exclusive',
  monthly: '',
  simulated: false,
};

const LOOK_MS = 1_000;

/** A company's way of joining: it registers, or it is known by its address. */
const joins = (profile: GatewayProfile): GatewayProfile => ({
  ...profile,
  connections: profile.connections.filter((way) => way !== 'we_register'),
});

/** Rack a gateway of one's own: which box, where, how it connects; then its accounts, once, and a light that turns green. */
export function RackOwnGatewayPage() {
  const { t } = useTranslation(['own-gateways', 'gateway-ports']);
  const say = useProblemText();
  const profiles = useProfiles();
  const sites = useSites();
  const lab = useLab();
  const rack = useRack();
  const [form, setForm] = useState(EMPTY);
  const [step, setStep] = useState(0);
  const [shown, setShown] = useState<Partial<Record<keyof RackForm, Fault>>>({});
  const [made, setMade] = useState<Schemas['OwnGatewayCreated'] | null>(null);
  const [key] = useState(() => crypto.randomUUID());
  const offered = profiles.data?.map(joins).filter((one) => one.connections.length > 0);
  const profile = offered?.find((one) => one.key === form.profile);
  const set = (patch: Partial<RackForm>) => {
    setForm((before) => ({ ...before, ...patch }));
    setShown({});
  };
  const forward = () => {
    const found = faults(form, step, profile);
    setShown(found);
    if (Object.keys(found).length > 0) return;
    if (step < 2) setStep(step + 1);
    else if (!rack.isPending) rack.mutate({ ...request(form), key }, { onSuccess: setMade });
  };
  const body = useRef<HTMLDivElement>(null);
  const began = useRef(step);
  useEffect(() => {
    if (began.current !== step) body.current?.focus();
    began.current = step;
  }, [step]);
  const steps = [t('steps.box'), t('steps.place'), t('steps.connection'), t('steps.finish')];
  const props = { form, set, faults: shown };
  return (
    <Page
      title={t('rack')}
      crumbs={[
        <Link key="all" to={paths.gatewayPorts} className="hover:underline">
          {t('gateway-ports:title')}
        </Link>,
      ]}
    >
      <div className="flex max-w-3xl flex-col gap-6">
        <Stepper steps={steps} at={made ? 3 : step} />
        {made ? (
          <Finish created={made} />
        ) : profiles.isError || sites.isError ? (
          <ErrorState
            error={profiles.error ?? sites.error}
            onRetry={() => {
              void profiles.refetch();
              void sites.refetch();
            }}
          />
        ) : !offered || !sites.data ? (
          <PageSkeleton />
        ) : (
          <form
            noValidate
            className="flex flex-col gap-5"
            onSubmit={(event) => {
              event.preventDefault();
              forward();
            }}
          >
            <div ref={body} tabIndex={-1} className="outline-none">
              {step === 0 && <BoxStep {...props} profiles={offered} />}
              {step === 1 && profile && <PlaceStep {...props} profile={profile} sites={sites.data} />}
              {step === 2 && profile && (
                <ConnectionStep {...props} profile={profile} lab={lab.data?.available ?? false} />
              )}
            </div>
            {rack.isError && <Note tone="bad" title={say(rack.error)} />}
            <div className="flex gap-2 border-t border-line pt-4">
              {step > 0 && (
                <Button look="ghost" onClick={() => setStep(step - 1)}>
                  {t('common:back')}
                </Button>
              )}
              <Button type="submit" look="primary" busy={rack.isPending}>
                {step < 2 ? t('common:next') : t('create')}
              </Button>
            </div>
          </form>
        )}
      </div>
    </Page>
  );
}

type StepProps = {
  form: RackForm;
  set: (patch: Partial<RackForm>) => void;
  faults: Partial<Record<keyof RackForm, Fault>>;
  profile: GatewayProfile;
};

function PlaceStep({ form, set, faults, profile, sites }: StepProps & { sites: Schemas['CompanySite'][] }) {
  const { t } = useTranslation(['own-gateways', 'operator']);
  const [adding, setAdding] = useState(sites.length === 0);
  const error = (field: keyof RackForm) => faults[field] && t(`operator:fault.${faults[field]}`);
  return (
    <div className="grid grid-cols-2 items-start gap-4 max-md:grid-cols-1">
      <div className="flex flex-col gap-2">
        {adding ? (
          <div className="rounded-lg border border-line p-4">
            {faults.site && <Note tone="bad" title={t('site_choose')} />}
            <OwnSiteForm
              onDone={(site) => {
                set({ site: site.id });
                setAdding(false);
              }}
            />
          </div>
        ) : (
          <>
            <Field label={t('site')} error={error('site')}>
              {(wiring) => (
                <Select
                  {...wiring}
                  value={form.site || null}
                  onChange={(site) => set({ site })}
                  placeholder={t('site_choose')}
                  options={sites.map((one) => ({
                    value: one.id,
                    label: one.name,
                    ...(one.city ? { note: one.city } : {}),
                  }))}
                />
              )}
            </Field>
            <Button size="xs" look="ghost" className="self-start" onClick={() => setAdding(true)}>
              {t('site_add')}
            </Button>
          </>
        )}
      </div>
      <div className="flex flex-col gap-4">
        <TextField
          label={t('label')}
          hint={t('label_hint')}
          maxLength={60}
          error={error('label')}
          value={form.label}
          onChange={(event) => set({ label: event.target.value })}
        />
        <Field label={t('operator:rack.ports')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={String(form.ports)}
              onChange={(ports) => set({ ports: Number(ports) })}
              options={profile.port_choices.map((count) => ({
                value: String(count),
                label: t(`operator:ports.${profile.port_kind}`, { count }),
              }))}
            />
          )}
        </Field>
        {profile.channels_default > 1 && (
          <TextField
            label={t('operator:rack.channels')}
            hint={t('operator:rack.channels_hint', { count: profile.channels_default })}
            inputMode="numeric"
            placeholder={String(profile.channels_default)}
            error={error('channels')}
            value={form.channels}
            onChange={(event) => set({ channels: event.target.value.replace(/\D/g, '') })}
            className="num"
          />
        )}
      </div>
    </div>
  );
}

function ConnectionStep({ form, set, faults, profile, lab }: StepProps & { lab: boolean }) {
  const { t } = useTranslation(['own-gateways', 'operator']);
  const error = (field: keyof RackForm) => faults[field] && t(`operator:fault.${faults[field]}`);
  return (
    <div className="flex flex-col gap-4">
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-16 font-semibold tracking-tight">{t('operator:rack.how')}</legend>
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
              onChange={() => set({ connection: way, simulated: false })}
            />
            <span>
              <span className="block font-medium">{t(`operator:connection.${way}`)}</span>
              <span className="block text-13 text-ink-2">{t(`operator:connection_note.${way}`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {form.connection === 'ip_peer' && (
        <div className="grid grid-cols-[minmax(0,1fr)_140px_auto] items-start gap-4 max-md:grid-cols-1">
          <TextField
            label={t('host')}
            hint={t('host_hint')}
            placeholder="198.51.100.7"
            autoCapitalize="none"
            spellCheck={false}
            error={error('host')}
            value={form.host}
            onChange={(event) => set({ host: event.target.value })}
          />
          <TextField
            label={t('udp_port')}
            inputMode="numeric"
            error={error('udp_port')}
            value={form.udp_port}
            onChange={(event) => set({ udp_port: event.target.value.replace(/\D/g, '') })}
            className="num"
          />
          <div className="flex flex-col gap-1.5">
            <span className="text-13 font-medium">{t('transport')}</span>
            <Segments
              label={t('transport')}
              value={form.transport}
              onChange={(transport) => set({ transport })}
              options={(['udp', 'tcp', 'tls'] as const).map((value) => ({ value, label: value.toUpperCase() }))}
            />
          </div>
        </div>
      )}
      {lab && form.connection === 'registers_with_us' && (
        <div>
          <Switch label={t('simulated')} checked={form.simulated} onChange={(simulated) => set({ simulated })} />
          <p className="mt-1 text-12 text-ink-3">{t('simulated_hint')}</p>
        </div>
      )}
      {profile.notes.length > 0 && (
        <Note tone="info" title={t('operator:rack.notes', { box: profileLabel(profile, t as Say) })}>
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

function Finish({ created }: { created: Schemas['OwnGatewayCreated'] }) {
  const { t } = useTranslation('own-gateways');
  const gateway = useOwnGateway(created.gateway.id, LOOK_MS).data ?? created.gateway;
  const up = gateway.light === 'online';
  return (
    <div className="flex flex-col gap-6">
      <section
        aria-live="polite"
        className="flex flex-wrap items-center gap-x-8 gap-y-4 rounded-lg border border-line bg-panel p-5"
      >
        <HangingCord
          state={up ? 'talking' : gateway.light === 'fault' ? 'failed' : 'waiting'}
          label={up ? t('up') : t('waiting')}
          className="w-52"
        />
        <div className="min-w-0 grow">
          <h2 className="text-16 font-semibold tracking-tight">{up ? t('up') : t('waiting')}</h2>
          <p className="text-13 text-ink-2">{up ? t('up_note') : t('waiting_note')}</p>
        </div>
      </section>
      <section className="flex flex-col gap-3">
        <h2 className="text-16 font-semibold tracking-tight">{t('steps.finish')}</h2>
        <AccountList accounts={created.credentials} />
      </section>
      <div className="flex gap-2 border-t border-line pt-4">
        <Link to={paths.gatewayPorts} className={buttonClass({ look: 'primary' })}>
          {t('to_list')}
        </Link>
      </div>
    </div>
  );
}
