/** The steps of the road as the operator fills them in. */
import { useTranslation } from 'react-i18next';
import type { GatewayProfile, Schemas } from '../../../api/types';
import { usePrices } from '../../../prices';
import { Field, TextField } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Switch } from '../../../ui/switch';
import { SiteForm } from '../site-form';
import type { StepProps } from './box-step';
import { AddressFields, BoxFields, BoxNotes, SiteField, useFault, WayField } from './fields';

type Props = StepProps & { profile: GatewayProfile };

/** Where it stands, what it is called, how many gateway ports, and how they are offered. */
export function PlaceStep({ sites, ...props }: Props & { sites: Schemas['Site'][] }) {
  const prices = usePrices();
  const { t } = useTranslation('operator');
  const { form, set } = props;
  const fault = useFault(props.faults);
  return (
    <div className="grid grid-cols-2 items-start gap-4 max-md:grid-cols-1">
      <SiteField
        {...props}
        sites={sites}
        words={{ site: t('rack.site'), choose: t('rack.site_choose'), add: t('sites.add') }}
        add={(done) => <SiteForm onDone={done} />}
      />
      <BoxFields {...props} words={{ label: t('rack.label'), hint: t('rack.label_hint') }} />
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
          error={fault('monthly')}
          value={form.monthly}
          onChange={(event) => set({ monthly: event.target.value })}
          className="num"
        />
      )}
    </div>
  );
}

/** How the box and we find each other. */
export function ConnectionStep(props: Props) {
  const { t } = useTranslation('operator');
  const { form, set, profile } = props;
  const fault = useFault(props.faults);
  const words = {
    host: t('rack.host'),
    example: '192.0.2.16',
    udp_port: t('rack.udp_port'),
    transport: t('about.transport'),
  };
  return (
    <div className="flex flex-col gap-4">
      <WayField form={form} ways={profile.connections} onChange={(connection) => set({ connection })} />
      {form.connection !== 'registers_with_us' && <AddressFields {...props} words={words} />}
      {form.connection === 'we_register' && (
        <div className="grid grid-cols-3 items-start gap-4 max-md:grid-cols-1">
          <TextField
            label={t('about.username')}
            autoComplete="off"
            error={fault('username')}
            value={form.username}
            onChange={(event) => set({ username: event.target.value })}
          />
          <TextField
            label={t('rack.password')}
            type="password"
            autoComplete="new-password"
            error={fault('password')}
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
      <BoxNotes profile={profile} />
    </div>
  );
}
