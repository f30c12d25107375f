import { CircleDot } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Switch } from '../../../ui/switch';
import { Advanced, KeyField, Section, SoundField, WaitField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { type Sound, spoken } from '../parts';

type Consent = { prompt: Sound | null; yes_key: string; no_key: string; silence_agrees: boolean; wait_s: number };

export const kind = nodeKind<Consent>({
  code: 'consent',
  group: 'talk',
  order: 16,
  icon: CircleDot,
  fresh: () => ({ prompt: spoken(), yes_key: '1', no_key: '2', silence_agrees: false, wait_s: 4 }),
  exits: () => [needed('given'), needed('refused')],
  summary: ({ silence_agrees }, { t }) => t(silence_agrees ? 'consent.silence_yes' : 'consent.silence_no'),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Consent>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Consent>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('consent.title')}>
        <SoundField
          label={t('consent.ask')}
          value={settings.prompt}
          onChange={(prompt) => set({ prompt })}
          graph={graph}
          problem={problem}
          field="prompt"
          placeholder={t('consent.placeholder')}
        />
        <KeyField
          label={t('consent.yes')}
          none={t('no_key')}
          value={settings.yes_key}
          onChange={(yes_key) => set({ yes_key })}
          error={problem('yes_key')}
        />
        <KeyField
          label={t('consent.no')}
          none={t('no_key')}
          value={settings.no_key}
          onChange={(no_key) => set({ no_key })}
          error={problem('no_key')}
        />
        <Switch
          label={t('consent.silence')}
          checked={settings.silence_agrees}
          onChange={(silence_agrees) => set({ silence_agrees })}
        />
      </Section>
      <Advanced>
        <WaitField value={settings.wait_s} onChange={(wait_s) => set({ wait_s })} />
      </Advanced>
    </>
  );
}
