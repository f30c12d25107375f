import { PhoneForwarded } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Section, TargetField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { type Target, targetName } from '../parts';

type Transfer = { to: Target | null };

export const kind = nodeKind<Transfer>({
  code: 'transfer',
  group: 'connect',
  order: 32,
  icon: PhoneForwarded,
  fresh: () => ({ to: { kind: 'number', number: '' } }),
  exits: () => [needed('failed')],
  summary: ({ to }, { nameOf }) => targetName(to, nameOf),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Transfer>) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section title={t('transfer.title')}>
      <p className="text-13 text-ink-2">{t('transfer.note')}</p>
      <TargetField
        label={t('transfer.to')}
        value={settings.to}
        onChange={(to) => onChange({ to })}
        graph={graph}
        error={problem('to')}
      />
    </Section>
  );
}
