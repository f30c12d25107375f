import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { session } from '../../api/session';
import { THEMES, useThemeChoice } from '../../app/preferences';
import { chooseLanguage } from '../../i18n';
import { LANGUAGES, type Language } from '../../i18n/languages';
import { Field } from '../../ui/field';
import { Card } from '../../ui/page';
import { Select } from '../../ui/select';
import { Segments } from '../../ui/tabs';

export function Appearance() {
  const { t, i18n } = useTranslation('settings');
  const [theme, setTheme] = useThemeChoice();
  // Mail and invitations use the language kept on the server.
  const keep = useMutation({
    mutationFn: (locale: Language) => ok(api.PATCH('/v1/me', { body: { locale } })),
    onSuccess: (fresh) => session.update(fresh),
  });
  return (
    <Card title={t('appearance.title')}>
      <div className="flex flex-col gap-4 p-4">
        <div className="flex flex-col gap-1.5">
          <span className="text-13 font-medium">{t('common:theme.label')}</span>
          <Segments
            label={t('common:theme.label')}
            value={theme}
            onChange={setTheme}
            options={THEMES.map((value) => ({ value, label: t(`common:theme.${value}`) }))}
            className="self-start"
          />
        </div>
        <Field label={t('common:language')} className="max-w-64">
          {(wiring) => (
            <Select
              {...wiring}
              value={(i18n.resolvedLanguage ?? 'en') as Language}
              options={LANGUAGES.map((one) => ({ value: one.code, label: one.name }))}
              onChange={(language) => {
                void chooseLanguage(language);
                keep.mutate(language);
              }}
            />
          )}
        </Field>
      </div>
    </Card>
  );
}
