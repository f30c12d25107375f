import { Globe } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Field, Input } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Advanced, ListField, NumberField, Section, VariableField, WordsField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { replaced, without } from '../parts';

type Reading = { at: string; variable: string };
type Http = {
  method: 'get' | 'post';
  url: string;
  headers: Record<string, string>;
  body: Record<string, string>;
  timeout_s: number;
  cache_s: number;
  read: Reading[];
};

export const kind = nodeKind<Http>({
  code: 'http',
  group: 'decide',
  order: 24,
  icon: Globe,
  fresh: () => ({ method: 'get', url: '', headers: {}, body: {}, timeout_s: 3, cache_s: 0, read: [] }),
  exits: () => [needed('ok'), needed('failed')],
  summary: ({ url }) => url.replace(/^https?:\/\//, '').replace(/[/?#].*$/, ''),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Http>) {
  const { t } = useTranslation('flow-steps');
  const set = (change: Partial<Http>) => onChange({ ...settings, ...change });
  return (
    <>
      <Section title={t('http.title')}>
        <Field label={t('http.method')}>
          {({ id }) => (
            <Select
              id={id}
              options={(['get', 'post'] as const).map((one) => ({ value: one, label: t(`http.${one}`) }))}
              value={settings.method}
              onChange={(method) => set({ method })}
            />
          )}
        </Field>
        <WordsField
          label={t('http.url')}
          rows={2}
          value={settings.url}
          onChange={(url) => set({ url: url.trim() })}
          graph={graph}
          error={problem('url')}
          placeholder="https://crm.example/callers?number={{call.caller}}"
        />
      </Section>
      {settings.method === 'post' && (
        <Pairs
          title={t('http.body')}
          pairs={settings.body}
          onChange={(body) => set({ body })}
          graph={graph}
          problem={problem}
          field="body"
        />
      )}
      <ListField
        title={t('http.read')}
        add={t('http.add_reading')}
        list={settings.read}
        onAdd={() => set({ read: [...settings.read, { at: '/', variable: graph.variables[0]?.name ?? '' }] })}
        onRemove={(at) => set({ read: without(settings.read, at) })}
        nameOf={(one) => one.at}
      >
        {(one, at) => (
          <>
            <Field label={t('http.at')} hint={t('http.at_hint')} error={problem(`read/${at}/at`)}>
              {(wiring) => (
                <Input
                  {...wiring}
                  className="h-8 font-mono text-12"
                  value={one.at}
                  onChange={(event) => set({ read: replaced(settings.read, at, { ...one, at: event.target.value }) })}
                />
              )}
            </Field>
            <VariableField
              label={t('http.into')}
              value={one.variable}
              onChange={(variable) => set({ read: replaced(settings.read, at, { ...one, variable }) })}
              graph={graph}
              error={problem(`read/${at}/variable`)}
            />
          </>
        )}
      </ListField>
      <Advanced>
        <NumberField
          label={t('http.timeout')}
          unit={t('seconds')}
          min={1}
          max={10}
          value={settings.timeout_s}
          onChange={(timeout_s) => set({ timeout_s })}
        />
        <NumberField
          label={t('http.cache')}
          hint={t('http.cache_hint')}
          unit={t('seconds')}
          min={0}
          max={3600}
          value={settings.cache_s}
          onChange={(cache_s) => set({ cache_s })}
        />
        <div className="-mx-4">
          <Pairs
            title={t('http.headers')}
            pairs={settings.headers}
            onChange={(headers) => set({ headers })}
            graph={graph}
            problem={problem}
            field="headers"
          />
        </div>
      </Advanced>
    </>
  );
}

/** Names and values; a name that is typed to another's takes its place. */
function Pairs(props: {
  title: string;
  pairs: Record<string, string>;
  onChange: (pairs: Record<string, string>) => void;
  graph: PanelProps<Http>['graph'];
  problem: PanelProps<Http>['problem'];
  field: string;
}) {
  const { t } = useTranslation('flow-steps');
  const list = Object.entries(props.pairs);
  const put = (next: [string, string][]) => props.onChange(Object.fromEntries(next));
  return (
    <ListField
      title={props.title}
      add={t('http.add_pair')}
      list={list}
      onAdd={() => put([...list, [`name-${list.length + 1}`, '']])}
      onRemove={(at) => put(without(list, at))}
      nameOf={([name]) => name}
    >
      {([name, value], at) => (
        <>
          <Input
            className="h-8 font-mono text-12"
            aria-label={t('http.name')}
            value={name}
            onChange={(event) => put(replaced(list, at, [event.target.value, value]))}
          />
          <WordsField
            label={t('value')}
            rows={1}
            value={value}
            onChange={(text) => put(replaced(list, at, [name, text]))}
            graph={props.graph}
            error={props.problem(`${props.field}/${name}`)}
          />
        </>
      )}
    </ListField>
  );
}
