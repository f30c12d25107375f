/** Theme and language as menu entries, the same inside and before signing in. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage } from '../i18n';
import { LANGUAGES, type Language } from '../i18n/languages';
import { MenuChoice } from '../ui/menu';
import { chooseTheme, currentTheme, type Theme } from './theme';

export function useThemeChoice(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  return [
    theme,
    (next) => {
      chooseTheme(next);
      setTheme(next);
    },
  ];
}

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

export function PreferenceChoices() {
  const { t, i18n } = useTranslation();
  const [theme, setTheme] = useThemeChoice();
  return (
    <>
      <MenuChoice
        label={t('theme.label')}
        value={theme}
        onChange={setTheme}
        options={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
      />
      <MenuChoice
        label={t('language')}
        value={(i18n.resolvedLanguage ?? 'en') as Language}
        onChange={(language) => void chooseLanguage(language)}
        options={LANGUAGES.map((one) => ({ value: one.code, label: one.name }))}
      />
    </>
  );
}
