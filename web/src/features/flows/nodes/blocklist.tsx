import { Ban } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../../ui/cx';
import { Field, inputClass } from '../../../ui/field';
import { Switch } from '../../../ui/switch';
import { Section } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';

type Blocklist = { numbers: string[]; withheld: boolean };

export const kind = nodeKind<Blocklist>({
  code: 'blocklist',
  group: 'decide',
  order: 26,
  icon: Ban,
  fresh: () => ({ numbers: [], withheld: false }),
  exits: () => [needed('allowed'), needed('blocked')],
  summary: ({ numbers, withheld }, { t }) =>
    [numbers.length > 0 && t('blocklist.summary', { count: numbers.length }), withheld && t('blocklist.no_number')]
      .filter(Boolean)
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, problem }: PanelProps<Blocklist>) {
  const { t } = useTranslation('flow-steps');
  // As it is typed, an empty line at the end among it; the settings hold what is written.
  const [text, setText] = useState(settings.numbers.join('\n'));
  const lines = text.split('\n').map((line) => line.replace(/[\s()-]/g, ''));
  const wrong = settings.numbers.findIndex((_, at) => problem(`numbers/${at}`));
  const known = lines.filter(Boolean).join() === settings.numbers.join();
  return (
    <Section title={t('blocklist.title')}>
      <Field
        label={t('blocklist.numbers')}
        hint={t('blocklist.hint')}
        error={wrong >= 0 ? `${settings.numbers[wrong]}: ${problem(`numbers/${wrong}`)}` : problem('numbers')}
      >
        {(wiring) => (
          <textarea
            {...wiring}
            rows={6}
            className={cx(inputClass, 'num h-auto resize-y py-2 leading-5')}
            value={known ? text : settings.numbers.join('\n')}
            onChange={(event) => {
              setText(event.target.value);
              const numbers = event.target.value.split('\n').map((line) => line.replace(/[\s()-]/g, ''));
              onChange({ ...settings, numbers: numbers.filter(Boolean) });
            }}
          />
        )}
      </Field>
      <Switch
        label={t('blocklist.withheld')}
        checked={settings.withheld}
        onChange={(withheld) => onChange({ ...settings, withheld })}
      />
    </Section>
  );
}
