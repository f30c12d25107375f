import { Languages } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Section } from '../fields';
import { next, nodeKind, type PanelProps } from '../kind';
import { languageName } from '../languages';
import { languagesOf } from '../model/graph';

type Language = { language: string | null };

export const kind = nodeKind<Language>({
  code: 'language',
  group: 'decide',
  order: 25,
  icon: Languages,
  fresh: (graph) => ({ language: graph.languages[0] ?? graph.language }),
  exits: () => next,
  summary: ({ language }, { t }) => (language ? languageName(language, t('reader')) : ''),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Language>) {
  const { t, i18n } = useTranslation('flow-steps');
  return (
    <Section title={t('language.title')}>
      <Field label={t('language.which')} hint={t('language.hint')} error={problem('language')}>
        {(wiring) => (
          <Select
            {...wiring}
            options={languagesOf(graph).map((tag) => ({ value: tag, label: languageName(tag, i18n.language) }))}
            value={settings.language}
            onChange={(language) => onChange({ language })}
            placeholder={t('choose')}
          />
        )}
      </Field>
    </Section>
  );
}
