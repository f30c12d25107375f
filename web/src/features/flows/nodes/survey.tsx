import { Star } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field, Input } from '../../../ui/field';
import { Advanced, ListField, NumberField, SoundField, TriesField, WaitField } from '../fields';
import { needed, nodeKind, open, type PanelProps } from '../kind';
import { moved, replaced, type Sound, spoken, without } from '../parts';

type Question = { name: string; prompt: Sound | null; min: number; max: number };
type Survey = { questions: Question[]; wait_s: number; tries: number };

const question = (number: number): Question => ({ name: `question-${number}`, prompt: spoken(), min: 1, max: 5 });

export const kind = nodeKind<Survey>({
  code: 'survey',
  group: 'talk',
  order: 15,
  icon: Star,
  fresh: () => ({ questions: [question(1)], wait_s: 5, tries: 2 }),
  exits: () => [needed('done'), open('silent')],
  summary: ({ questions }, { t }) => t('survey.summary', { count: questions.length }),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Survey>) {
  const { t } = useTranslation('flow-steps');
  const { questions } = settings;
  const set = (list: Question[]) => onChange({ ...settings, questions: list });
  return (
    <>
      <ListField
        title={t('survey.title')}
        add={t('survey.add')}
        list={questions}
        onAdd={() => set([...questions, question(questions.length + 1)])}
        onRemove={(at) => set(without(questions, at))}
        onMove={(at, by) => set(moved(questions, at, by))}
        nameOf={(one) => one.name}
        error={problem('questions')}
      >
        {(one, at) => {
          const put = (change: Partial<Question>) => set(replaced(questions, at, { ...one, ...change }));
          return (
            <>
              <Field label={t('survey.name')} error={problem(`questions/${at}/name`)}>
                {(wiring) => (
                  <Input
                    {...wiring}
                    className="h-8 text-13"
                    maxLength={40}
                    value={one.name}
                    onChange={(event) => put({ name: event.target.value })}
                  />
                )}
              </Field>
              <SoundField
                label={t('survey.ask')}
                value={one.prompt}
                onChange={(prompt) => put({ prompt })}
                graph={graph}
                problem={problem}
                field={`questions/${at}/prompt`}
                placeholder={t('survey.placeholder')}
              />
              <NumberField label={t('survey.min')} min={0} max={8} value={one.min} onChange={(min) => put({ min })} />
              <NumberField
                label={t('survey.max')}
                min={1}
                max={9}
                value={one.max}
                onChange={(max) => put({ max })}
                error={problem(`questions/${at}/max`)}
              />
            </>
          );
        }}
      </ListField>
      <Advanced>
        <WaitField value={settings.wait_s} onChange={(wait_s) => onChange({ ...settings, wait_s })} />
        <TriesField value={settings.tries} onChange={(tries) => onChange({ ...settings, tries })} />
      </Advanced>
    </>
  );
}
