import { CornerDownRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ChoiceField, Section } from '../fields';
import { nodeKind, type PanelProps } from '../kind';

type Leave = { flow: string };

export const kind = nodeKind<Leave>({
  code: 'leave',
  group: 'end',
  order: 40,
  icon: CornerDownRight,
  fresh: () => ({ flow: '' }),
  exits: () => [],
  summary: ({ flow }, { t, nameOf }) => (flow ? nameOf('flow', flow) : t('leave.back')),
  Panel,
});

function Panel({ settings, onChange, problem }: PanelProps<Leave>) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section title={t('leave.title')}>
      <p className="text-13 text-ink-2">{t('leave.note')}</p>
      <ChoiceField
        label={t('leave.which')}
        what="flow"
        none={t('leave.back')}
        value={settings.flow}
        onChange={(flow) => onChange({ flow })}
        error={problem('flow')}
      />
    </Section>
  );
}
