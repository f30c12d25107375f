import { Workflow } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ChoiceField, Section } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';

type Subflow = { flow: string };

export const kind = nodeKind<Subflow>({
  code: 'subflow',
  group: 'connect',
  order: 34,
  icon: Workflow,
  fresh: () => ({ flow: '' }),
  exits: () => [needed('done'), needed('failed')],
  summary: ({ flow }, { nameOf }) => flow && nameOf('flow', flow),
  Panel,
});

function Panel({ settings, onChange, problem }: PanelProps<Subflow>) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section title={t('subflow.title')}>
      <p className="text-13 text-ink-2">{t('subflow.note')}</p>
      <ChoiceField
        label={t('subflow.which')}
        what="flow"
        value={settings.flow}
        onChange={(flow) => onChange({ flow })}
        error={problem('flow')}
      />
    </Section>
  );
}
