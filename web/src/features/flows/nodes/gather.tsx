import { Hash } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Switch } from '../../../ui/switch';
import {
  Advanced,
  BetweenField,
  KeyField,
  NumberField,
  Section,
  SoundField,
  TextField,
  TriesField,
  VariableField,
  WaitField,
} from '../fields';
import { needed, nodeKind, open, type PanelProps } from '../kind';
import { type Sound, spoken } from '../parts';

type Digits = { kind: 'any' } | { kind: 'luhn' } | { kind: 'pattern'; pattern: string };
type Gather = {
  prompt: Sound | null;
  silent_prompt: Sound | null;
  wrong_prompt: Sound | null;
  variable: string;
  min: number;
  max: number;
  end_key: string;
  check: Digits;
  wait_s: number;
  between_s: number;
  tries: number;
  secret: boolean;
};

export const kind = nodeKind<Gather>({
  code: 'gather',
  group: 'talk',
  order: 13,
  icon: Hash,
  fresh: (graph) => ({
    prompt: spoken(),
    silent_prompt: null,
    wrong_prompt: null,
    variable: graph.variables[0]?.name ?? '',
    min: 1,
    max: 20,
    end_key: '#',
    check: { kind: 'any' },
    wait_s: 8,
    between_s: 4,
    tries: 3,
    secret: false,
  }),
  exits: () => [needed('ok'), needed('no_input'), open('wrong')],
  summary: ({ min, max, variable }, { t }) =>
    t('gather.summary', { digits: min === max ? min : `${min}–${max}`, variable: variable || '…' }),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Gather>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Gather>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('gather.title')}>
        <SoundField
          label={t('gather.ask')}
          value={settings.prompt}
          onChange={(prompt) => set({ prompt })}
          graph={graph}
          problem={problem}
          field="prompt"
          placeholder={t('gather.placeholder')}
        />
        <VariableField
          label={t('gather.into')}
          value={settings.variable}
          onChange={(variable) => set({ variable })}
          graph={graph}
          error={problem('variable')}
        />
      </Section>
      <Section title={t('gather.digits')}>
        <NumberField
          label={t('gather.min')}
          min={1}
          max={40}
          value={settings.min}
          onChange={(min) => set({ min })}
          error={problem('min')}
        />
        <NumberField
          label={t('gather.max')}
          min={1}
          max={40}
          value={settings.max}
          onChange={(max) => set({ max })}
          error={problem('max')}
        />
        <Field label={t('gather.check')} error={problem('check')}>
          {(wiring) => (
            <Select
              {...wiring}
              options={(['any', 'luhn', 'pattern'] as const).map((one) => ({ value: one, label: t(`gather.${one}`) }))}
              value={settings.check.kind}
              onChange={(chosen) =>
                set({ check: chosen === 'pattern' ? { kind: chosen, pattern: 'XXXX' } : { kind: chosen } })
              }
            />
          )}
        </Field>
        {settings.check.kind === 'pattern' && (
          <TextField
            label={t('gather.pattern')}
            hint={t('gather.pattern_hint')}
            value={settings.check.pattern}
            onChange={(event) => set({ check: { kind: 'pattern', pattern: event.target.value } })}
          />
        )}
        <Switch label={t('gather.secret')} checked={settings.secret} onChange={(secret) => set({ secret })} />
      </Section>
      <Advanced>
        <KeyField
          label={t('end_key')}
          none={t('no_key')}
          value={settings.end_key}
          onChange={(end_key) => set({ end_key })}
          error={problem('end_key')}
        />
        <WaitField value={settings.wait_s} onChange={(wait_s) => set({ wait_s })} />
        <BetweenField value={settings.between_s} onChange={(between_s) => set({ between_s })} />
        <TriesField value={settings.tries} onChange={(tries) => set({ tries })} />
        <SoundField
          label={t('silent_prompt')}
          optional
          value={settings.silent_prompt}
          onChange={(silent_prompt) => set({ silent_prompt })}
          graph={graph}
          problem={problem}
          field="silent_prompt"
        />
        <SoundField
          label={t('wrong_prompt')}
          optional
          value={settings.wrong_prompt}
          onChange={(wrong_prompt) => set({ wrong_prompt })}
          graph={graph}
          problem={problem}
          field="wrong_prompt"
        />
      </Advanced>
    </>
  );
}
