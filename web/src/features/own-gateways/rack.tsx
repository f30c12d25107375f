import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile, Schemas } from '../../api/types';
import { paths } from '../../paths';
import { buttonClass } from '../../ui/button';
import { Page } from '../../ui/page';
import { Switch } from '../../ui/switch';
import type { StepProps } from '../operator/rack/box-step';
import { AddressFields, BoxFields, BoxNotes, SiteField, WayField } from '../operator/rack/fields';
import { Arrival } from '../operator/rack/finish';
import { RackWizard } from '../operator/rack/wizard';
import { useLab, useOwnGateway, useProfiles, useRack, useSites } from './queries';
import { faults, request } from './rules';
import { OwnSiteForm } from './site-form';

const LOOK_MS = 1_000;

/** Rack a gateway of one's own. */
export function RackOwnGatewayPage() {
  const { t } = useTranslation(['own-gateways', 'gateway-ports']);
  return (
    <Page
      title={t('rack')}
      crumbs={[
        <Link key="all" to={paths.gatewayPorts} className="hover:underline">
          {t('gateway-ports:title')}
        </Link>,
      ]}
    >
      <RackWizard
        steps={[t('steps.box'), t('steps.place'), t('steps.connection'), t('steps.finish')]}
        create={t('create')}
        profiles={useProfiles()}
        sites={useSites()}
        rack={useRack()}
        faults={faults}
        request={request}
        place={(step) => <PlaceStep {...step} />}
        connection={(step) => <ConnectionStep {...step} />}
        finish={(created) => <Finish created={created} />}
      />
    </Page>
  );
}

type Props = StepProps & { profile: GatewayProfile };

function PlaceStep({ sites, ...props }: Props & { sites: Schemas['CompanySite'][] }) {
  const { t } = useTranslation('own-gateways');
  return (
    <div className="grid grid-cols-2 items-start gap-4 max-md:grid-cols-1">
      <SiteField
        {...props}
        sites={sites}
        words={{ site: t('site'), choose: t('site_choose'), add: t('site_add') }}
        add={(done) => <OwnSiteForm onDone={done} />}
      />
      <div className="flex flex-col gap-4">
        <BoxFields {...props} words={{ label: t('label'), hint: t('label_hint') }} />
      </div>
    </div>
  );
}

function ConnectionStep(props: Props) {
  const { t } = useTranslation('own-gateways');
  const lab = useLab().data?.available ?? false;
  const { form, set, profile } = props;
  const words = {
    host: t('host'),
    hint: t('host_hint'),
    example: '198.51.100.7',
    udp_port: t('udp_port'),
    transport: t('transport'),
  };
  return (
    <div className="flex flex-col gap-4">
      <WayField
        form={form}
        ways={profile.connections}
        onChange={(connection) => set({ connection, simulated: false })}
      />
      {form.connection === 'ip_peer' && <AddressFields {...props} words={words} />}
      {lab && form.connection === 'registers_with_us' && (
        <div>
          <Switch label={t('simulated')} checked={form.simulated} onChange={(simulated) => set({ simulated })} />
          <p className="mt-1 text-12 text-ink-3">{t('simulated_hint')}</p>
        </div>
      )}
      <BoxNotes profile={profile} />
    </div>
  );
}

function Finish({ created }: { created: Schemas['OwnGatewayCreated'] }) {
  const { t } = useTranslation('own-gateways');
  const { light } = useOwnGateway(created.gateway.id, LOOK_MS).data ?? created.gateway;
  return (
    <Arrival
      light={light}
      words={{ up: t('up'), waiting: t('waiting'), accounts: t('steps.finish') }}
      note={light === 'online' ? t('up_note') : t('waiting_note')}
      accounts={created.credentials}
    >
      <Link to={paths.gatewayPorts} className={buttonClass({ look: 'primary' })}>
        {t('to_list')}
      </Link>
    </Arrival>
  );
}
