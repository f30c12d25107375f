import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paths } from '../../../paths';
import { Page } from '../../../ui/page';
import { useAddGateway, useProfiles, useSites } from '../queries';
import { Finish } from './finish';
import { faults, request } from './rules';
import { ConnectionStep, PlaceStep } from './steps';
import { RackWizard } from './wizard';

/** Prices of a new gateway are in this currency until the operator's own is a setting. */
const CURRENCY = 'USD';

/** Rack a gateway that companies rent from. */
export function RackGatewayPage() {
  const { t } = useTranslation('operator');
  return (
    <Page
      title={t('rack.title')}
      crumbs={[
        <Link key="all" to={paths.operatorGateways} className="hover:underline">
          {t('places.gateways')}
        </Link>,
      ]}
    >
      <RackWizard
        steps={[t('rack.steps.box'), t('rack.steps.place'), t('rack.steps.connection'), t('rack.steps.finish')]}
        create={t('rack.create')}
        profiles={useProfiles()}
        sites={useSites()}
        rack={useAddGateway()}
        faults={faults}
        request={(form) => request(form, CURRENCY)}
        place={(step) => <PlaceStep {...step} />}
        connection={(step) => <ConnectionStep {...step} />}
        finish={(created) => <Finish created={created} />}
      />
    </Page>
  );
}
