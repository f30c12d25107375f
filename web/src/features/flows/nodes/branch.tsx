import { Plus, Split, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../../ui/button';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { ListField, NameInput, VariableField, WordsField } from '../fields';
import { type Exit, needed, nodeKind, type PanelProps } from '../kind';
import { moved, replaced, without } from '../parts';

const RELATIONS = ['equal', 'different', 'begins_with', 'contains', 'below', 'above', 'empty', 'not_empty'] as const;
type Condition = { variable: string; is: (typeof RELATIONS)[number]; value: string };
type Case = { name: string; all: Condition[] };
type Branch = { cases: Case[] };

const bare = (one: Condition): boolean => one.is === 'empty' || one.is === 'not_empty';

export const kind = nodeKind<Branch>({
  code: 'branch',
  group: 'decide',
  order: 22,
  icon: Split,
  fresh: (graph) => ({
    cases: [
      { name: 'yes', all: [{ variable: graph.variables[0]?.name ?? 'call.caller', is: 'not_empty', value: '' }] },
    ],
  }),
  exits: ({ cases }) => {
    const seen = new Set<string>(['otherwise']);
    const ways = cases.flatMap(({ name }): Exit[] => {
      if (!name || seen.has(name)) return [];
      seen.add(name);
      return [needed(name, name)];
    });
    return [...ways, needed('otherwise')];
  },
  summary: ({ cases }, { t }) =>
    cases
      .flatMap((one) => one.all.slice(0, 1))
      .map((one) => `${one.variable || '…'} ${t(`relation.${one.is}`)} ${bare(one) ? '' : one.value}`.trim())
      .join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Branch>) {
  const { t } = useTranslation('flow-steps');
  const { cases } = settings;
  const set = (next: Case[], renamed: Record<string, string> = {}) => onChange({ cases: next }, renamed);
  const change = (at: number, one: Case) => {
    const before = cases[at]?.name ?? '';
    const twice = cases.filter((each) => each.name === before).length > 1;
    set(replaced(cases, at, one), before && one.name && before !== one.name && !twice ? { [before]: one.name } : {});
  };
  return (
    <ListField
      title={t('branch.title')}
      add={t('branch.add')}
      list={cases}
      onAdd={() =>
        set([
          ...cases,
          { name: `case-${cases.length + 1}`, all: [{ variable: 'call.caller', is: 'equal', value: '' }] },
        ])
      }
      onRemove={(at) => set(without(cases, at))}
      onMove={(at, by) => set(moved(cases, at, by))}
      nameOf={(one) => one.name}
      error={problem('cases')}
    >
      {(one, at) => (
        <>
          <Field label={t('branch.name')} error={problem(`cases/${at}/name`)}>
            {(wiring) => (
              <NameInput
                {...wiring}
                className="h-8 text-13"
                maxLength={40}
                value={one.name}
                fits={(text) =>
                  text.trim() !== '' &&
                  text !== 'otherwise' &&
                  !cases.some((each, index) => index !== at && each.name === text)
                }
                onCommit={(name) => change(at, { ...one, name })}
              />
            )}
          </Field>
          {one.all.map((condition, index) => {
            const put = (next: Condition) => change(at, { ...one, all: replaced(one.all, index, next) });
            const field = `cases/${at}/all/${index}`;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name of their own.
              <div key={index} className="flex flex-col gap-2 rounded-md bg-panel-2 p-2.5">
                <div className="flex items-center text-12 text-ink-3">
                  <span className="grow">{t(index === 0 ? 'branch.if' : 'branch.and')}</span>
                  {one.all.length > 1 && (
                    <IconButton
                      size="xs"
                      label={t('branch.remove_condition')}
                      onClick={() => change(at, { ...one, all: without(one.all, index) })}
                    >
                      <Trash2 aria-hidden className="size-3.5" />
                    </IconButton>
                  )}
                </div>
                <VariableField
                  label={t('variable')}
                  reads
                  value={condition.variable}
                  onChange={(variable) => put({ ...condition, variable })}
                  graph={graph}
                  error={problem(`${field}/variable`)}
                />
                <Field label={t('branch.is')}>
                  {({ id }) => (
                    <Select
                      id={id}
                      options={RELATIONS.map((is) => ({ value: is, label: t(`relation.${is}`) }))}
                      value={condition.is}
                      onChange={(is) => put({ ...condition, is })}
                    />
                  )}
                </Field>
                {!bare(condition) && (
                  <WordsField
                    label={t('value')}
                    rows={1}
                    value={condition.value}
                    onChange={(value) => put({ ...condition, value })}
                    graph={graph}
                    error={problem(`${field}/value`)}
                  />
                )}
              </div>
            );
          })}
          <Button
            size="xs"
            look="ghost"
            className="self-start"
            onClick={() =>
              change(at, { ...one, all: [...one.all, { variable: 'call.caller', is: 'equal', value: '' }] })
            }
          >
            <Plus aria-hidden className="size-3.5" />
            {t('branch.add_condition')}
          </Button>
        </>
      )}
    </ListField>
  );
}
