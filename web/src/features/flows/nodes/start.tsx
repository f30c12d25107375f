import { PhoneIncoming } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Switch } from '../../../ui/switch';
import { Section } from '../fields';
import { next, nodeKind, type PanelProps } from '../kind';
import { languageName } from '../languages';
import { languagesOf } from '../model/graph';

type Start = { answer: boolean };

export const kind = nodeKind<Start>({
  code: 'start',
  group: null,
  order: 0,
  icon: PhoneIncoming,
  fresh: () => ({ answer: false }),
  exits: () => next,
  summary: (_, { t, graph }) =>
    languagesOf(graph)
      .map((tag) => languageName(tag, t('reader')))
      .join(', '),
  Panel,
});

function Panel({ settings, onChange }: PanelProps<Start>) {
  const { t } = useTranslation('flow-steps');
  return (
    <Section title={t('start.title')}>
      <p className="text-13 text-ink-2">{t('start.note')}</p>
      <Switch
        label={t('start.answer')}
        checked={settings.answer}
        onChange={(answer) => onChange({ ...settings, answer })}
      />
    </Section>
  );
}
