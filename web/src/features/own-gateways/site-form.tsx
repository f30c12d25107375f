import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { SiteFields } from '../operator/site-form';
import { useAddSite } from './queries';

/** A site of the company's own. */
export function OwnSiteForm({ onDone }: { onDone: (site: Schemas['CompanySite']) => void }) {
  const { t } = useTranslation('own-gateways');
  const add = useAddSite();
  const address = { label: t('site_address'), hint: t('site_address_hint') };
  return (
    <SiteFields
      adding={add}
      words={{ name: t('site_name'), add: t('site_add'), address }}
      onAdd={(values) => add.mutate(values, { onSuccess: onDone })}
    />
  );
}
