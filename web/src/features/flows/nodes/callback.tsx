import { PhoneOutgoing } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Advanced, ChoiceField, KeyField, Section, SoundField, WaitField, WordsField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { type Sound, spoken } from '../parts';

type Callback = { prompt: Sound | null; accept_key: string; number: string; queue: string; wait_s: number };

export const kind = nodeKind<Callback>({
  code: 'callback',
  group: 'connect',
  order: 33,
  icon: PhoneOutgoing,
  fresh: () => ({ prompt: spoken(), accept_key: '1', number: '{{call.caller}}', queue: '', wait_s: 5 }),
  exits: () => [needed('accepted'), needed('declined')],
  summary: ({ accept_key, queue }, { t, nameOf }) =>
    [t('callback.summary', { key: accept_key }), queue && nameOf('queue', queue)].filter(Boolean).join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Callback>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Callback>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('callback.title')}>
        <SoundField
          label={t('callback.prompt')}
          value={settings.prompt}
          onChange={(prompt) => set({ prompt })}
          graph={graph}
          problem={problem}
          field="prompt"
          placeholder={t('callback.placeholder')}
        />
        <KeyField
          label={t('callback.key')}
          value={settings.accept_key}
          onChange={(accept_key) => set({ accept_key })}
          error={problem('accept_key')}
        />
        <ChoiceField
          label={t('callback.queue')}
          what="queue"
          none={t('callback.company')}
          value={settings.queue}
          onChange={(queue) => set({ queue })}
          error={problem('queue')}
        />
      </Section>
      <Advanced>
        <WordsField
          label={t('callback.number')}
          rows={1}
          value={settings.number}
          onChange={(number) => set({ number })}
          graph={graph}
          error={problem('number')}
        />
        <WaitField value={settings.wait_s} onChange={(wait_s) => set({ wait_s })} />
      </Advanced>
    </>
  );
}
