import { Voicemail as Icon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Advanced, KeyField, NumberField, Section, SoundField, TargetField } from '../fields';
import { needed, nodeKind, open, type PanelProps } from '../kind';
import { type Sound, spoken, type Target, targetName } from '../parts';

type Voicemail = { mailbox: Target | null; greeting: Sound | null; max_s: number; silence_s: number; end_key: string };

export const kind = nodeKind<Voicemail>({
  code: 'voicemail',
  group: 'talk',
  order: 14,
  icon: Icon,
  fresh: () => ({ mailbox: { kind: 'seat', seat: '' }, greeting: spoken(), max_s: 120, silence_s: 5, end_key: '#' }),
  exits: () => [needed('recorded'), open('empty')],
  summary: ({ mailbox }, { nameOf }) => targetName(mailbox, nameOf),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Voicemail>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Voicemail>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('voicemail.title')}>
        <TargetField
          label={t('voicemail.mailbox')}
          kinds={['seat', 'team', 'extension']}
          value={settings.mailbox}
          onChange={(mailbox) => set({ mailbox })}
          graph={graph}
          error={problem('mailbox')}
        />
        <SoundField
          label={t('voicemail.greeting')}
          value={settings.greeting}
          onChange={(greeting) => set({ greeting })}
          graph={graph}
          problem={problem}
          field="greeting"
          placeholder={t('voicemail.placeholder')}
        />
      </Section>
      <Advanced>
        <NumberField
          label={t('voicemail.max')}
          unit={t('seconds')}
          min={5}
          max={600}
          value={settings.max_s}
          onChange={(max_s) => set({ max_s })}
        />
        <NumberField
          label={t('voicemail.silence')}
          unit={t('seconds')}
          min={2}
          max={30}
          value={settings.silence_s}
          onChange={(silence_s) => set({ silence_s })}
        />
        <KeyField
          label={t('end_key')}
          none={t('no_key')}
          value={settings.end_key}
          onChange={(end_key) => set({ end_key })}
          error={problem('end_key')}
        />
      </Advanced>
    </>
  );
}
