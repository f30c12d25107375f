/** The flow itself: its languages, its time zone, its variables. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Input } from '../../ui/field';
import { Select } from '../../ui/select';
import { useEditor } from './context';
import { ListField, Section, ZoneField } from './fields';
import { languageName, OFFERED } from './languages';
import { languagesOf, type Variable, type VariableKind } from './model/graph';
import { without } from './parts';
import { wholeProblem } from './words';

const KINDS: VariableKind[] = ['text', 'number', 'yes_no'];

export function FlowSettings() {
  const { t, i18n } = useTranslation('flow-steps');
  const { graph, perform, readOnly, findings } = useEditor();
  const used = languagesOf(graph);
  const offered = [...new Set([...OFFERED, ...used])];
  const free = offered.filter((tag) => !used.includes(tag));
  const option = (tag: string) => ({ value: tag, label: languageName(tag, i18n.language) });
  const free_name = (): string => {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? 'variable' : `variable_${number}`;
      if (!graph.variables.some((one) => one.name === name)) return name;
    }
  };
  const set = (at: number, one: Variable) =>
    perform({ do: 'flow', change: { variables: graph.variables.map((old, index) => (index === at ? one : old)) } });
  return (
    <fieldset disabled={readOnly} className="contents">
      <legend className="sr-only">{t('flow.title')}</legend>
      <div className="border-b border-line px-4 py-3">
        <h2 className="text-14 font-semibold">{t('flow.title')}</h2>
        <p className="text-12 text-ink-3">{t('flow.note')}</p>
      </div>
      <Section title={t('flow.languages')}>
        <div className="flex flex-col gap-1.5">
          <span className="text-13 font-medium">{t('flow.first')}</span>
          <Select
            label={t('flow.first')}
            options={offered.map(option)}
            value={graph.language}
            onChange={(language) =>
              perform({ do: 'flow', change: { language, languages: used.filter((one) => one !== language) } })
            }
          />
        </div>
        <div className="-mx-4 -mb-4">
          <ListField
            title={t('flow.others')}
            add={t('flow.add_language')}
            list={graph.languages}
            onAdd={() => free[0] && perform({ do: 'flow', change: { languages: [...graph.languages, free[0]] } })}
            onRemove={(at) => perform({ do: 'flow', change: { languages: without(graph.languages, at) } })}
            nameOf={(tag) => languageName(tag, i18n.language)}
          >
            {(tag, at) => (
              <Select
                size="sm"
                label={t('flow.language_nth', { number: at + 2 })}
                options={[tag, ...free].map(option)}
                value={tag}
                onChange={(next) =>
                  perform({
                    do: 'flow',
                    change: { languages: graph.languages.map((old, index) => (index === at ? next : old)) },
                  })
                }
              />
            )}
          </ListField>
        </div>
      </Section>
      <Section title={t('zone.title')}>
        <ZoneField
          label={t('zone.label')}
          value={graph.zone}
          onChange={(zone) => perform({ do: 'flow', change: { zone: zone || 'UTC' } })}
          error={wholeProblem(findings, 'zone', t)}
        />
      </Section>
      <ListField
        title={t('flow.variables')}
        add={t('flow.add_variable')}
        list={graph.variables}
        onAdd={() =>
          perform({ do: 'flow', change: { variables: [...graph.variables, { name: free_name(), kind: 'text' }] } })
        }
        onRemove={(at) => perform({ do: 'flow', change: { variables: without(graph.variables, at) } })}
        nameOf={(one) => one.name}
        error={wholeProblem(findings, 'variables', t)}
      >
        {(one, at) => (
          <>
            <VariableName
              name={one.name}
              taken={graph.variables.filter((_, index) => index !== at).map((other) => other.name)}
            />
            <div className="grid grid-cols-2 gap-2">
              <Select
                size="sm"
                label={t('flow.kind')}
                options={KINDS.map((kind) => ({ value: kind, label: t(`variable_kind.${kind}`) }))}
                value={one.kind}
                onChange={(kind) => set(at, { name: one.name, kind })}
              />
              <Initial variable={one} onChange={(next) => set(at, next)} />
            </div>
          </>
        )}
      </ListField>
    </fieldset>
  );
}

/** Renamed when one leaves the field: every mention follows, and half a name is nobody's. */
function VariableName({ name, taken }: { name: string; taken: string[] }) {
  const { t } = useTranslation('flow-steps');
  const { perform } = useEditor();
  const [text, setText] = useState(name);
  const [typing, setTyping] = useState(false);
  const shown = typing ? text : name;
  const fits = /^[a-z][a-z0-9_]{0,39}$/.test(shown) && !taken.includes(shown);
  return (
    <div className="flex flex-col gap-1">
      <Input
        className="h-8 font-mono text-12"
        aria-label={t('flow.variable_name')}
        value={shown}
        maxLength={40}
        aria-invalid={fits ? undefined : true}
        onFocus={() => {
          setText(name);
          setTyping(true);
        }}
        onChange={(event) => setText(event.target.value.toLowerCase().replace(/[^a-z0-9_]/g, '_'))}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        onBlur={() => {
          setTyping(false);
          if (fits && text !== name) perform({ do: 'rename_variable', from: name, to: text });
        }}
      />
      {!fits && <p className="text-12 text-bad">{t('flow.name_rule')}</p>}
    </div>
  );
}

function Initial({ variable, onChange }: { variable: Variable; onChange: (variable: Variable) => void }) {
  const { t } = useTranslation('flow-steps');
  const { name, kind, initial } = variable;
  if (kind === 'yes_no')
    return (
      <Select
        size="sm"
        label={t('flow.initial')}
        options={[
          { value: 'false', label: t('no') },
          { value: 'true', label: t('yes') },
        ]}
        value={String(initial ?? false)}
        onChange={(value) => onChange({ name, kind, initial: value === 'true' })}
      />
    );
  return (
    <Input
      className="h-8 text-13"
      type={kind === 'number' ? 'number' : 'text'}
      aria-label={t('flow.initial')}
      placeholder={t('flow.initial')}
      value={String(initial ?? '')}
      onChange={({ target: { value } }) => {
        if (value === '') onChange({ name, kind });
        else onChange({ name, kind, initial: kind === 'number' ? Math.trunc(Number(value)) : value });
      }}
    />
  );
}
