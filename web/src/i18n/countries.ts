/** Countries to choose from, named and ordered in the reader's language. */
import { getCountries } from 'libphonenumber-js/min';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { country } from './format';

export type CountryOption = { value: string; label: string };

export function useCountries(): CountryOption[] {
  const { i18n } = useTranslation();
  const language = i18n.resolvedLanguage ?? 'en';
  return useMemo(() => {
    const order = new Intl.Collator(language);
    return getCountries()
      .map((code) => ({ value: code as string, label: country(code) }))
      .sort((one, other) => order.compare(one.label, other.label));
  }, [language]);
}
