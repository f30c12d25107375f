import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useCountries } from '../../i18n/countries';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { Field, TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { countryOf } from '../auth/rules';
import { useAddSite } from './queries';

/** A site of the company's own. Not a form element: it stands inside the rack form. */
export function OwnSiteForm({ onDone }: { onDone: (site: Schemas['CompanySite']) => void }) {
  const { t } = useTranslation(['own-gateways', 'operator']);
  const say = useProblemText();
  const add = useAddSite();
  const [key] = useState(() => crypto.randomUUID());
  const [name, setName] = useState('');
  const [city, setCity] = useState('');
  const [address, setAddress] = useState('');
  const [land, setLand] = useState(() => countryOf(navigator.languages));
  const countries = useCountries();
  const text = (value: string) => value.trim() || null;
  return (
    <div className="flex flex-col gap-4">
      <TextField label={t('site_name')} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      <Field label={t('operator:sites.country')} hint={t('operator:sites.country_hint')}>
        {(wiring) => (
          <Combobox
            {...wiring}
            options={countries}
            value={land}
            onChange={(value) => value && setLand(value)}
            empty={t('common:nothing_found')}
          />
        )}
      </Field>
      <TextField
        label={t('operator:sites.city')}
        hint={t('common:optional')}
        maxLength={60}
        value={city}
        onChange={(event) => setCity(event.target.value)}
      />
      <TextField
        label={t('site_address')}
        hint={t('site_address_hint')}
        maxLength={200}
        value={address}
        onChange={(event) => setAddress(event.target.value)}
      />
      {add.isError && <Note tone="bad" title={say(add.error)} />}
      <Button
        className="self-start"
        busy={add.isPending}
        reason={!name.trim() && t('operator:sites.name_first')}
        onClick={() =>
          add.mutate(
            { name: name.trim(), country: land, city: text(city), address: text(address), key: `${key}-${name}` },
            { onSuccess: onDone },
          )
        }
      >
        {t('site_add')}
      </Button>
    </div>
  );
}
