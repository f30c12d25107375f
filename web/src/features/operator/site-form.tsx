/** A new place where gateways stand. Not a form element: it also stands inside the rack form. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useIntent } from '../../hooks';
import { useCountries } from '../../i18n/countries';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { Field, TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { countryOf } from '../auth/rules';
import { useAddSite } from './queries';

type Values = { name: string; country: string; city?: string; address?: string; key: string };

/** The operator's. */
export function SiteForm({ onDone }: { onDone: (site: Schemas['Site']) => void }) {
  const { t } = useTranslation('operator');
  const add = useAddSite();
  return (
    <SiteFields
      adding={add}
      words={{ name: t('sites.name'), add: t('sites.add') }}
      onAdd={({ address: _, ...values }) => add.mutate(values, { onSuccess: onDone })}
    />
  );
}

export function SiteFields(props: {
  adding: { isPending: boolean; error: unknown };
  /** With `address`, the street is asked for too. */
  words: { name: string; add: string; address?: { label: string; hint: string } };
  onAdd: (values: Values) => void;
}) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const keyOf = useIntent();
  const { adding, words } = props;
  const [name, setName] = useState('');
  const [city, setCity] = useState('');
  const [address, setAddress] = useState('');
  const [land, setLand] = useState(() => countryOf(navigator.languages));
  const countries = useCountries();
  const send = () => {
    const values = {
      name: name.trim(),
      country: land,
      ...(city.trim() ? { city: city.trim() } : {}),
      ...(address.trim() ? { address: address.trim() } : {}),
    };
    props.onAdd({ ...values, key: keyOf(values) });
  };
  return (
    <div className="flex flex-col gap-4">
      <TextField label={words.name} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
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
      {words.address && (
        <TextField
          label={words.address.label}
          hint={words.address.hint}
          maxLength={200}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
      )}
      {adding.error != null && <Note tone="bad" title={say(adding.error)} />}
      <Button
        className="self-start"
        busy={adding.isPending}
        reason={!name.trim() && t('sites.name_first')}
        onClick={send}
      >
        {words.add}
      </Button>
    </div>
  );
}
