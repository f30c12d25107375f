/** What is selected: a step with its settings and the ways on from it, several, or the flow itself. */
import { Copy, Plus, Trash2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../ui/button';
import { Input } from '../../ui/field';
import { Select } from '../../ui/select';
import { useEditor } from './context';
import { Section } from './fields';
import { FlowSettings } from './flow-settings';
import { exitName, exitsOfNode, kindOf, nodeName } from './kinds';
import { copyOf, pasted } from './model/command';
import { waysInto } from './model/graph';
import { fieldProblem } from './words';

export function Inspector() {
  const { graph, selected } = useEditor();
  const [name] = selected;
  if (selected.length > 1) return <Several />;
  if (name === undefined || !graph.nodes[name]) return <FlowSettings />;
  return <Step key={name} name={name} />;
}

function Step({ name }: { name: string }) {
  const { t } = useTranslation('flow-steps');
  const { graph, perform, readOnly, findings, select, words } = useEditor();
  const node = graph.nodes[name];
  const kind = node && kindOf(node.kind);
  if (!node || !kind) return <p className="p-4 text-13 text-ink-2">{t('unknown_kind')}</p>;
  const Icon = kind.icon;
  const problem = (field: string): string | null => fieldProblem(findings, name, field, t);
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-4 py-3">
        <Icon aria-hidden className="size-[18px] shrink-0 text-ink-2" />
        <div className="min-w-0 grow">
          <Input
            className="h-8 border-transparent px-1.5 text-14 font-semibold hover:border-line-strong"
            aria-label={t('step_name')}
            placeholder={t(`kind.${node.kind}.name`)}
            maxLength={80}
            readOnly={readOnly}
            value={node.label}
            onChange={(event) => perform({ do: 'label', name, label: event.target.value })}
          />
          <p className="px-1.5 text-12 text-ink-3">{t(`kind.${node.kind}.hint`)}</p>
        </div>
        {!readOnly && kind.group !== null && <StepDeeds name={name} />}
        <IconButton label={t('close_step')} onClick={() => select([])}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      <fieldset disabled={readOnly} className="contents">
        <legend className="sr-only">{nodeName(node, words)}</legend>
        <kind.Panel
          settings={node.settings}
          onChange={(settings, renamed) => perform({ do: 'set', name, settings, ...(renamed ? { renamed } : {}) })}
          graph={graph}
          problem={problem}
        />
      </fieldset>
      <WaysOn name={name} />
      <WaysHere name={name} />
    </>
  );
}

function StepDeeds({ name }: { name: string }) {
  const { t } = useTranslation('flow-steps');
  const { graph, perform, select } = useEditor();
  return (
    <>
      <IconButton
        label={t('duplicate')}
        onClick={() => {
          const nodes = pasted(graph, copyOf(graph, [name]), { x: 40, y: 40 });
          perform({ do: 'paste', nodes });
          select(Object.keys(nodes), true);
        }}
      >
        <Copy aria-hidden className="size-4" />
      </IconButton>
      <IconButton
        label={t('delete')}
        onClick={() => {
          perform({ do: 'remove', names: [name] });
          select([]);
        }}
      >
        <Trash2 aria-hidden className="size-4" />
      </IconButton>
    </>
  );
}

const NOWHERE = '/nowhere';
const NEW = '/new';

/** Where each exit leads: the same as drawing a way, without drawing. */
function WaysOn({ name }: { name: string }) {
  const { t } = useTranslation('flow-steps');
  const { graph, perform, pick, readOnly, words } = useEditor();
  const node = graph.nodes[name];
  const exits = node ? exitsOfNode(node) : [];
  if (!node || exits.length === 0) return null;
  const steps = Object.entries(graph.nodes)
    .filter(([to]) => to !== graph.start)
    .map(([to, one]) => ({
      value: to,
      label: nodeName(one, words),
      note: one.label ? t(`kind.${one.kind}.name`) : '',
    }));
  return (
    <Section title={t('ways_on')}>
      <ul className="flex flex-col gap-2">
        {exits.map((exit) => {
          const to = node.exits[exit.name] ?? NOWHERE;
          const label = exitName(node, exit.name, words);
          return (
            <li key={exit.name} className="grid grid-cols-[minmax(0,5.5rem)_minmax(0,1fr)_auto] items-center gap-2">
              <span className="truncate text-13 font-medium" title={label}>
                {label}
              </span>
              <Select
                size="sm"
                label={t('where_leads', { exit: label })}
                disabled={readOnly}
                options={[
                  { value: NOWHERE, label: t(exit.needed ? 'nowhere_yet' : 'ends_call') },
                  ...(readOnly ? [] : [{ value: NEW, label: t('new_step') }]),
                  ...steps,
                ]}
                value={to}
                aria-invalid={exit.needed && to === NOWHERE ? true : undefined}
                onChange={(chosen) => {
                  const way = { from: name, exit: exit.name };
                  if (chosen === NEW) pick(way);
                  else perform({ do: 'connect', way, to: chosen === NOWHERE ? null : chosen });
                }}
              />
              {!readOnly && (
                <IconButton
                  size="xs"
                  label={t('insert_after', { exit: label })}
                  onClick={() => pick({ from: name, exit: exit.name })}
                >
                  <Plus aria-hidden className="size-3.5" />
                </IconButton>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function WaysHere({ name }: { name: string }) {
  const { t } = useTranslation('flow-steps');
  const { graph, select, words } = useEditor();
  const ways = waysInto(graph, name);
  if (name === graph.start) return null;
  return (
    <Section title={t('ways_here')}>
      {ways.length === 0 ? (
        <p className="text-13 text-ink-2">{t('nobody_comes')}</p>
      ) : (
        <ul className="flex flex-col items-start gap-1">
          {ways.map(({ from, exit }) => {
            const node = graph.nodes[from];
            return (
              node && (
                <li key={`${from}/${exit}`}>
                  <button
                    type="button"
                    className="min-h-6 rounded-sm text-left text-13 text-brand hover:underline"
                    onClick={() => select([from], true)}
                  >
                    {nodeName(node, words)}, {exitName(node, exit, words)}
                  </button>
                </li>
              )
            );
          })}
        </ul>
      )}
    </Section>
  );
}

function Several() {
  const { t } = useTranslation('flow-steps');
  const { graph, selected, perform, select, readOnly, words } = useEditor();
  return (
    <Section title={t('selected', { count: selected.length })}>
      <ul className="text-13 text-ink-2">
        {selected.map((name) => (
          <li key={name} className="truncate">
            {nodeName(graph.nodes[name], words)}
          </li>
        ))}
      </ul>
      {!readOnly && (
        <div className="flex flex-wrap gap-2">
          <Button
            size="sm"
            onClick={() => {
              const nodes = pasted(graph, copyOf(graph, [...selected]), { x: 40, y: 40 });
              perform({ do: 'paste', nodes });
              select(Object.keys(nodes), true);
            }}
          >
            <Copy aria-hidden className="size-4" />
            {t('duplicate')}
          </Button>
          <Button
            size="sm"
            look="danger"
            onClick={() => {
              perform({ do: 'remove', names: [...selected] });
              select([]);
            }}
          >
            <Trash2 aria-hidden className="size-4" />
            {t('delete')}
          </Button>
        </div>
      )}
    </Section>
  );
}
