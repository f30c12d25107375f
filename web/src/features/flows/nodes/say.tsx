import { MessageSquareText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Switch } from '../../../ui/switch';
import { Advanced, Section, TextField, TextsField } from '../fields';
import { next, nodeKind, type PanelProps } from '../kind';
import { firstText, type Texts } from '../parts';

type Say = { text: Texts; voice: string | null; interrupt: boolean };

export const kind = nodeKind<Say>({
  code: 'say',
  group: 'talk',
  order: 10,
  icon: MessageSquareText,
  fresh: () => ({ text: {}, voice: null, interrupt: true }),
  exits: () => next,
  summary: ({ text }, { graph }) => firstText(text, graph),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Say>) {
  const { t } = useTranslation('flow-steps');
  return (
    <>
      <Section title={t('say.title')}>
        <TextsField
          label={t('say.words')}
          texts={settings.text}
          onChange={(text) => onChange({ ...settings, text })}
          graph={graph}
          problem={(language) => problem(`/text/${language}`) ?? problem(`text/${language}`) ?? problem('')}
        />
      </Section>
      <Advanced>
        <Switch
          label={t('interrupt')}
          checked={settings.interrupt}
          onChange={(interrupt) => onChange({ ...settings, interrupt })}
        />
        <TextField
          label={t('voice')}
          hint={t('voice_hint')}
          value={settings.voice ?? ''}
          onChange={(event) => onChange({ ...settings, voice: event.target.value.trim() || null })}
        />
      </Advanced>
    </>
  );
}
