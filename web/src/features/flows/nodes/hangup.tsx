import { PhoneOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Section, SoundField } from '../fields';
import { nodeKind, type PanelProps } from '../kind';
import { heardIn, type Sound } from '../parts';

type Hangup = { prompt: Sound | null };

export const kind = nodeKind<Hangup>({
  code: 'hangup',
  group: 'end',
  order: 41,
  icon: PhoneOff,
  fresh: () => ({ prompt: null }),
  exits: () => [],
  summary: ({ prompt }, { graph, nameOf }) => heardIn(prompt, graph, nameOf),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Hangup>) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section title={t('hangup.title')}>
      <SoundField
        label={t('hangup.say')}
        optional
        value={settings.prompt}
        onChange={(prompt) => onChange({ prompt })}
        graph={graph}
        problem={problem}
        field="prompt"
        placeholder={t('hangup.placeholder')}
      />
    </Section>
  );
}
