import { Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Advanced, ChoiceField, KeyField, NumberField, Section, SoundField } from '../fields';
import { needed, nodeKind, open, type PanelProps } from '../kind';
import type { Sound } from '../parts';

type Queue = { queue: string; prompt: Sound | null; priority_s: number; max_wait_s: number; out_key: string };

export const kind = nodeKind<Queue>({
  code: 'queue',
  group: 'connect',
  order: 30,
  icon: Users,
  fresh: () => ({ queue: '', prompt: null, priority_s: 0, max_wait_s: 0, out_key: '' }),
  exits: ({ out_key }) => [
    ...(out_key ? [needed('key')] : []),
    needed('timed_out'),
    needed('full'),
    needed('nobody'),
    open('after'),
  ],
  summary: ({ queue, max_wait_s }, { t, nameOf }) =>
    [queue && nameOf('queue', queue), max_wait_s > 0 && t('queue.summary', { seconds: max_wait_s })]
      .filter(Boolean)
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Queue>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Queue>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('queue.title')}>
        <ChoiceField
          label={t('queue.which')}
          what="queue"
          value={settings.queue}
          onChange={(queue) => set({ queue })}
          error={problem('queue')}
        />
        <SoundField
          label={t('queue.prompt')}
          optional
          value={settings.prompt}
          onChange={(prompt) => set({ prompt })}
          graph={graph}
          problem={problem}
          field="prompt"
        />
        <NumberField
          label={t('queue.max_wait')}
          hint={t('queue.max_wait_hint')}
          unit={t('seconds')}
          min={0}
          max={7200}
          value={settings.max_wait_s}
          onChange={(max_wait_s) => set({ max_wait_s })}
        />
      </Section>
      <Advanced>
        <KeyField
          label={t('queue.out_key')}
          none={t('no_key')}
          value={settings.out_key}
          onChange={(out_key) => set({ out_key })}
          error={problem('out_key')}
        />
        <NumberField
          label={t('queue.priority')}
          hint={t('queue.priority_hint')}
          unit={t('seconds')}
          min={0}
          max={3600}
          value={settings.priority_s}
          onChange={(priority_s) => set({ priority_s })}
        />
      </Advanced>
    </>
  );
}
