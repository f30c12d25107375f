import { Variable } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { ListField, NumberField, VariableField, WordsField } from '../fields';
import { next, nodeKind, type PanelProps } from '../kind';
import { moved, replaced, without } from '../parts';

type Change = { do: 'set'; variable: string; value: string } | { do: 'add'; variable: string; amount: number };
type Set = { changes: Change[] };

export const kind = nodeKind<Set>({
  code: 'set',
  group: 'decide',
  order: 23,
  icon: Variable,
  fresh: (graph) => ({ changes: [{ do: 'set', variable: graph.variables[0]?.name ?? '', value: '' }] }),
  exits: () => next,
  summary: ({ changes }) =>
    changes
      .map(
        (one) => `${one.variable || '…'} ${one.do === 'set' ? '=' : '+'} ${one.do === 'set' ? one.value : one.amount}`,
      )
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Set>) {
  const { t } = useTranslation('flow-steps');
  const { changes } = settings;
  const set = (list: Change[]) => onChange({ changes: list });
  return (
    <ListField
      title={t('set.title')}
      add={t('set.add')}
      list={changes}
      onAdd={() => set([...changes, { do: 'set', variable: graph.variables[0]?.name ?? '', value: '' }])}
      onRemove={(at) => set(without(changes, at))}
      onMove={(at, by) => set(moved(changes, at, by))}
      nameOf={(one, at) => one.variable || String(at + 1)}
      error={problem('changes')}
    >
      {(one, at) => (
        <>
          <VariableField
            label={t('variable')}
            value={one.variable}
            onChange={(variable) => set(replaced(changes, at, { ...one, variable }))}
            graph={graph}
            error={problem(`changes/${at}/variable`)}
          />
          <Field label={t('set.how')}>
            {({ id }) => (
              <Select
                id={id}
                options={(['set', 'add'] as const).map((how) => ({ value: how, label: t(`set.${how}_to`) }))}
                value={one.do}
                onChange={(how) =>
                  set(
                    replaced(
                      changes,
                      at,
                      how === 'set'
                        ? { do: 'set', variable: one.variable, value: '' }
                        : { do: 'add', variable: one.variable, amount: 1 },
                    ),
                  )
                }
              />
            )}
          </Field>
          {one.do === 'set' ? (
            <WordsField
              label={t('value')}
              rows={1}
              value={one.value}
              onChange={(value) => set(replaced(changes, at, { ...one, value }))}
              graph={graph}
              error={problem(`changes/${at}/value`)}
            />
          ) : (
            <NumberField
              label={t('set.amount')}
              min={-1_000_000}
              max={1_000_000}
              value={one.amount}
              onChange={(amount) => set(replaced(changes, at, { ...one, amount }))}
            />
          )}
        </>
      )}
    </ListField>
  );
}
