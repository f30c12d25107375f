import { Grip } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Input } from '../../../ui/field';
import {
  Advanced,
  BetweenField,
  ListField,
  NameInput,
  NumberField,
  Section,
  SoundField,
  TriesField,
  WaitField,
} from '../fields';
import { type Exit, needed, nodeKind, open, type PanelProps } from '../kind';
import { KEYS, moved, replaced, type Sound, spoken, without } from '../parts';

type Choice = { keys: string; label?: string };
type Menu = {
  prompt: Sound | null;
  silent_prompt: Sound | null;
  wrong_prompt: Sound | null;
  choices: Choice[];
  extension_digits: number;
  wait_s: number;
  between_s: number;
  tries: number;
};

export const kind = nodeKind<Menu>({
  code: 'menu',
  group: 'talk',
  order: 12,
  icon: Grip,
  fresh: () => ({
    prompt: spoken(),
    silent_prompt: null,
    wrong_prompt: null,
    choices: [
      { keys: '1', label: '' },
      { keys: '2', label: '' },
    ],
    extension_digits: 0,
    wait_s: 5,
    between_s: 2,
    tries: 3,
  }),
  exits: ({ choices, extension_digits }) => {
    const seen = new Set<string>();
    const keys = choices.flatMap(({ keys: name }): Exit[] => {
      if (!name || seen.has(name)) return [];
      seen.add(name);
      return [needed(name, name)];
    });
    return [...keys, ...(extension_digits > 0 ? [needed('extension')] : []), needed('no_input'), open('wrong')];
  },
  summary: ({ choices }) =>
    choices
      .map(({ keys, label }) => (label ? `${keys} ${label}` : ''))
      .filter(Boolean)
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Menu>) {
  const { t } = useTranslation('flow-steps');
  const { choices } = settings;
  const unused = KEYS.find((key) => !choices.some((one) => one.keys === key)) ?? '';
  const change = (at: number, choice: Choice) => {
    const before = choices[at]?.keys ?? '';
    const twice = choices.filter((one) => one.keys === before).length > 1;
    onChange(
      { ...settings, choices: replaced(choices, at, choice) },
      before && choice.keys && before !== choice.keys && !twice ? { [before]: choice.keys } : {},
    );
  };
  return (
    <>
      <Section title={t('menu.prompt')}>
        <SoundField
          label={t('menu.offer')}
          value={settings.prompt}
          onChange={(prompt) => onChange({ ...settings, prompt })}
          graph={graph}
          problem={problem}
          field="prompt"
          placeholder={t('menu.placeholder')}
        />
      </Section>
      <ListField
        title={t('menu.keys')}
        add={t('menu.add')}
        list={choices}
        onAdd={() => onChange({ ...settings, choices: [...choices, { keys: unused, label: '' }] })}
        onRemove={(at) => onChange({ ...settings, choices: without(choices, at) })}
        onMove={(at, by) => onChange({ ...settings, choices: moved(choices, at, by) })}
        nameOf={(one) => t('menu.nth', { keys: one.keys })}
        error={problem('choices')}
      >
        {(choice, at) => (
          <div className="flex flex-col gap-1">
            <div className="flex gap-2">
              <NameInput
                className="num h-8 w-14 text-center text-13"
                aria-label={t('menu.key')}
                inputMode="tel"
                maxLength={8}
                value={choice.keys}
                clean={(text) => text.replace(/[^0-9*#]/g, '')}
                fits={(text) => text !== '' && !choices.some((one, index) => index !== at && one.keys === text)}
                aria-invalid={problem(`choices/${at}/keys`) ? true : undefined}
                onCommit={(name) => change(at, { ...choice, keys: name })}
              />
              <Input
                className="h-8 text-13"
                aria-label={t('menu.means')}
                placeholder={t('menu.means_placeholder')}
                value={choice.label ?? ''}
                onChange={(event) => change(at, { ...choice, label: event.target.value })}
              />
            </div>
            {problem(`choices/${at}/keys`) && <p className="text-12 text-bad">{problem(`choices/${at}/keys`)}</p>}
          </div>
        )}
      </ListField>
      <Section title={t('menu.timing')}>
        <WaitField value={settings.wait_s} onChange={(wait_s) => onChange({ ...settings, wait_s })} />
        <TriesField value={settings.tries} onChange={(tries) => onChange({ ...settings, tries })} />
      </Section>
      <Advanced>
        <SoundField
          label={t('silent_prompt')}
          optional
          value={settings.silent_prompt}
          onChange={(silent_prompt) => onChange({ ...settings, silent_prompt })}
          graph={graph}
          problem={problem}
          field="silent_prompt"
        />
        <SoundField
          label={t('wrong_prompt')}
          optional
          value={settings.wrong_prompt}
          onChange={(wrong_prompt) => onChange({ ...settings, wrong_prompt })}
          graph={graph}
          problem={problem}
          field="wrong_prompt"
        />
        <BetweenField value={settings.between_s} onChange={(between_s) => onChange({ ...settings, between_s })} />
        <NumberField
          label={t('menu.extension')}
          hint={t('menu.extension_hint')}
          unit={t('digits')}
          min={0}
          max={8}
          value={settings.extension_digits}
          onChange={(extension_digits) => onChange({ ...settings, extension_digits })}
        />
      </Advanced>
    </>
  );
}
