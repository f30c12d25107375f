import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { useReducer, useState } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import common from '../../locales/en/common.json';
import steps from '../../locales/en/flow-steps.json';
import { type Editor, EditorContext } from './context';
import { Inspector } from './inspector';
import type { Words } from './kind';
import { exitsOf, freshNode } from './kinds';
import { apply, type Command, type Way } from './model/command';
import { freshName, type Graph, readGraph } from './model/graph';
import { OutlineView } from './outline';
import { StepPicker } from './palette';
import { Problems } from './problems';

vi.mock('./references', () => ({ useChoices: () => [], useNameOf: () => (_: string, id: string) => id }));

beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    resources: { en: { common, 'flow-steps': steps } },
    defaultNS: 'common',
    interpolation: { escapeValue: false },
  });
});

const drawn = () =>
  readGraph({
    nodes: {
      start: { kind: 'start', settings: { answer: false }, exits: { next: 'menu' } },
      menu: {
        kind: 'menu',
        label: 'Main menu',
        settings: { prompt: null, choices: [{ keys: '1', label: 'Sales' }], extension_digits: 0, wait_s: 5, tries: 3 },
        exits: { no_input: 'bye' },
      },
      bye: { kind: 'hangup', label: 'Goodbye', settings: { prompt: null } },
    },
  });

/** The editor's parts over a draft, without a server. */
function Bench({ tell }: { tell: (graph: Graph) => void }) {
  const { t } = useTranslation('flow-steps');
  const [graph, perform] = useReducer((now: Graph, command: Command) => apply(now, command, exitsOf), null, drawn);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [picking, setPicking] = useState<Way | null>(null);
  tell(graph);
  const editor: Editor = {
    graph,
    readOnly: false,
    perform,
    selected,
    select: setSelected,
    shown: null,
    add: (kind, { into }) => {
      const name = freshName(kind.code, (one) => one in graph.nodes);
      perform({ do: 'add', name, node: freshNode(kind, graph, { x: 0, y: 0 }), ...(into ? { into } : {}) });
      setSelected([name]);
    },
    pick: setPicking,
    findings: [{ severity: 'error', code: 'dangling_exit', node: 'menu', field: 'exits/1', detail: '1' }],
    trail: null,
    nameOf: (_, id) => id,
    words: t as unknown as Words,
  };
  return (
    <EditorContext.Provider value={editor}>
      <OutlineView />
      <Inspector />
      <Problems />
      <StepPicker open={picking !== null} into={picking} onClose={() => setPicking(null)} />
    </EditorContext.Provider>
  );
}

describe('the outline', () => {
  it('builds without drawing: fills an open exit, names a key, leads an exit elsewhere, takes a step out', async () => {
    let graph = drawn();
    const user = userEvent.setup();
    render(<Bench tell={(now) => (graph = now)} />);

    await user.click(screen.getByRole('button', { name: /After Main menu, 1: Nowhere yet/ }));
    const picker = screen.getByRole('dialog');
    await user.type(within(picker).getByRole('searchbox'), 'queue{Enter}');
    expect(graph.nodes.menu?.exits).toEqual({ no_input: 'bye', '1': 'queue' });

    await user.click(await screen.findByRole('button', { name: /^After Main menu, No key:\s*Goodbye/ }));
    expect(screen.getByLabelText('Name of the step')).toHaveValue('Goodbye');

    await user.click(screen.getByRole('button', { name: /After Incoming call, Next:\s*Main menu/ }));
    const key = screen.getByLabelText('Key');
    await user.clear(key);
    await user.type(key, '9');
    expect(Object.keys(graph.nodes.menu?.exits ?? {}).sort()).toEqual(['9', 'no_input']);

    await user.click(screen.getByRole('button', { name: 'Delete' }));
    // Two ways led on from it: which of them is meant, nobody can know.
    expect(graph.nodes.start?.exits).toEqual({});
  });

  it('goes to the step that a problem is about', async () => {
    const user = userEvent.setup();
    render(<Bench tell={() => undefined} />);
    await user.click(screen.getByRole('button', { name: /nothing happens after “1”/ }));
    expect(screen.getByLabelText('Name of the step')).toHaveValue('Main menu');
  });
});
