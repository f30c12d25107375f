import { BellRing } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { ListField, NumberField, Section, TargetField } from '../fields';
import { needed, nodeKind, open, type PanelProps } from '../kind';
import { replaced, type Target, targetName, without } from '../parts';

type Ring = { targets: Target[]; seconds: number; hears: 'ringback' | 'music' };

export const kind = nodeKind<Ring>({
  code: 'ring',
  group: 'connect',
  order: 31,
  icon: BellRing,
  fresh: () => ({ targets: [{ kind: 'seat', seat: '' }], seconds: 25, hears: 'ringback' }),
  exits: () => [needed('no_answer'), open('busy'), open('failed'), open('after')],
  summary: ({ targets }, { nameOf }) =>
    targets
      .map((target) => targetName(target, nameOf))
      .filter(Boolean)
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Ring>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Ring>) => onChange({ ...settings, ...change });
  const { targets } = settings;
  return (
    <>
      <ListField
        title={t('ring.title')}
        add={t('ring.add')}
        list={targets}
        onAdd={() => set({ targets: [...targets, { kind: 'seat', seat: '' }] })}
        onRemove={(at) => set({ targets: without(targets, at) })}
        nameOf={(_, at) => t('ring.nth', { number: at + 1 })}
        error={targets.length === 0 ? problem('targets') : null}
      >
        {(target, at) => (
          <TargetField
            label={t('ring.nth', { number: at + 1 })}
            value={target}
            onChange={(one) => set({ targets: replaced(targets, at, one) })}
            graph={graph}
            error={problem(`targets/${at}`)}
          />
        )}
      </ListField>
      <Section title={t('ring.how')}>
        <NumberField
          label={t('ring.seconds')}
          unit={t('seconds')}
          min={5}
          max={120}
          value={settings.seconds}
          onChange={(seconds) => set({ seconds })}
        />
        <Field label={t('ring.hears')}>
          {({ id }) => (
            <Select
              id={id}
              options={(['ringback', 'music'] as const).map((one) => ({ value: one, label: t(`ring.${one}`) }))}
              value={settings.hears}
              onChange={(hears) => set({ hears })}
            />
          )}
        </Field>
      </Section>
    </>
  );
}
