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

/** A place where gateways stand. Not a form element: it also stands inside the rack form. */
export function SiteForm({ onDone }: { onDone: (site: Schemas['Site']) => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const add = useAddSite();
  const [name, setName] = useState('');
  const [city, setCity] = useState('');
  const [land, setLand] = useState(() => countryOf(navigator.languages));
  const countries = useCountries();
  return (
    <div className="flex flex-col gap-4">
      <TextField
        label={t('sites.name')}
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field label={t('sites.country')} hint={t('sites.country_hint')}>
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
        label={t('sites.city')}
        hint={t('common:optional')}
        maxLength={60}
        value={city}
        onChange={(event) => setCity(event.target.value)}
      />
      {add.isError && <Note tone="bad" title={say(add.error)} />}
      <Button
        className="self-start"
        busy={add.isPending}
        reason={!name.trim() && t('sites.name_first')}
        onClick={() =>
          add.mutate(
            { name: name.trim(), country: land, ...(city.trim() ? { city: city.trim() } : {}) },
            { onSuccess: onDone },
          )
        }
      >
        {t('sites.add')}
      </Button>
    </div>
  );
}
