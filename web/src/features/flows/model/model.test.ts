import { describe, expect, it } from 'vitest';
import { apply, type Command, copyOf, pasted } from './command';
import { diff, same, sizeOf } from './diff';
import { type ExitsOf, type FlowNode, freshName, type Graph, languagesOf, reached, readGraph, waysInto } from './graph';
import { begin, perform, redo, undo } from './history';
import { layout } from './layout';
import { outline } from './outline';

/** A menu's exits are its keys; what ends a call has none. */
const exitsOf: ExitsOf = (kind, settings) => {
  if (kind === 'menu') return [...((settings.keys as string[] | undefined) ?? []), 'no_input'];
  return kind === 'hangup' ? [] : ['next'];
};

const node = (kind: string, exits: Record<string, string> = {}, settings = {}): FlowNode => ({
  kind,
  label: '',
  place: { x: 0, y: 0 },
  settings,
  exits,
});

const main = (): Graph =>
  readGraph({
    schema: 1,
    start: 'start',
    language: 'en',
    languages: ['zh-Hans'],
    variables: [{ name: 'account', kind: 'text' }],
    nodes: {
      start: { kind: 'start', exits: { next: 'hello' } },
      hello: { kind: 'say', settings: { text: { en: 'Hi {{ account }}' } }, exits: { next: 'menu' } },
      menu: { kind: 'menu', settings: { keys: ['1', '2'] }, exits: { '1': 'sales', '2': 'bye', no_input: 'menu' } },
      sales: { kind: 'queue', exits: { next: 'bye' } },
      bye: { kind: 'hangup' },
      lost: { kind: 'say' },
    },
  });

const done = (graph: Graph, ...commands: Command[]): Graph =>
  commands.reduce((now, command) => apply(now, command, exitsOf), graph);

describe('a draft', () => {
  it('is read with what the server leaves out', () => {
    const graph = readGraph({ nodes: { start: { kind: 'start' } } });
    expect(graph).toMatchObject({ start: 'start', language: 'en', languages: [], zone: 'UTC', variables: [] });
    expect(graph.nodes.start).toEqual(node('start'));
  });

  it('knows its languages, what leads where, and what nobody reaches', () => {
    expect(languagesOf(main())).toEqual(['en', 'zh-Hans']);
    expect(waysInto(main(), 'bye')).toEqual([
      { from: 'menu', exit: '2' },
      { from: 'sales', exit: 'next' },
    ]);
    expect([...reached(main())].sort()).toEqual(['bye', 'hello', 'menu', 'sales', 'start']);
  });

  it('gives a new node a name that the server takes', () => {
    const taken = new Set(['menu', 'menu-2']);
    expect(freshName('menu', (name) => taken.has(name))).toBe('menu-3');
    expect(freshName('Ünode kind', () => false)).toMatch(/^[a-z0-9_-]{1,40}$/);
  });
});

describe('a command', () => {
  it('puts a node on a way, and the way goes on behind it', () => {
    const into = { from: 'hello', exit: 'next' };
    const graph = done(main(), { do: 'add', name: 'say', node: node('say'), into });
    expect(graph.nodes.hello?.exits).toEqual({ next: 'say' });
    expect(graph.nodes.say?.exits).toEqual({ next: 'menu' });
    const ended = done(main(), { do: 'add', name: 'end', node: node('hangup'), into });
    expect([ended.nodes.hello?.exits, ended.nodes.end?.exits]).toEqual([{ next: 'end' }, {}]);
  });

  it('takes a node out and joins what it stood between', () => {
    const graph = done(main(), { do: 'remove', names: ['hello'] });
    expect(graph.nodes.start?.exits).toEqual({ next: 'menu' });
    expect(graph.nodes.hello).toBeUndefined();
    const both = done(main(), { do: 'remove', names: ['hello', 'menu'] });
    expect(both.nodes.start?.exits).toEqual({});
  });

  it('never takes the start out, and never leads into it', () => {
    expect(done(main(), { do: 'remove', names: ['start'] })).toEqual(main());
    const graph = main();
    expect(done(graph, { do: 'connect', way: { from: 'sales', exit: 'next' }, to: 'start' })).toBe(graph);
  });

  it('leaves no step that leads to itself when the one between goes', () => {
    const ring = readGraph({
      nodes: { start: node('start', { next: 'a' }), a: node('say', { next: 'b' }), b: node('say', { next: 'a' }) },
    });
    expect(done(ring, { do: 'remove', names: ['b'] }).nodes.a?.exits).toEqual({});
  });

  it('leads an exit elsewhere and nowhere', () => {
    const way = { from: 'menu', exit: '1' };
    expect(done(main(), { do: 'connect', way, to: 'bye' }).nodes.menu?.exits['1']).toBe('bye');
    expect(done(main(), { do: 'connect', way, to: null }).nodes.menu?.exits).toEqual({ '2': 'bye', no_input: 'menu' });
    const graph = main();
    expect(done(graph, { do: 'connect', way, to: 'sales' })).toBe(graph);
  });

  it('keeps the way of a key that has another name now, and drops that of one that is gone', () => {
    const renamed = done(main(), { do: 'set', name: 'menu', settings: { keys: ['9', '2'] }, renamed: { '1': '9' } });
    expect(renamed.nodes.menu?.exits).toEqual({ '9': 'sales', '2': 'bye', no_input: 'menu' });
    const fewer = done(main(), { do: 'set', name: 'menu', settings: { keys: ['2'] } });
    expect(fewer.nodes.menu?.exits).toEqual({ '2': 'bye', no_input: 'menu' });
  });

  it('renames a variable wherever it is mentioned', () => {
    const set = node('set', {}, { changes: [{ do: 'set', variable: 'account', value: 'account' }] });
    const graph = done(
      main(),
      { do: 'add', name: 'set', node: set },
      { do: 'rename_variable', from: 'account', to: 'id' },
    );
    expect(graph.variables[0]?.name).toBe('id');
    expect(graph.nodes.hello?.settings).toEqual({ text: { en: 'Hi {{id}}' } });
    expect(graph.nodes.set?.settings).toEqual({ changes: [{ do: 'set', variable: 'id', value: 'account' }] });
  });

  it('copies nodes with the ways between them and pastes them under free names', () => {
    const taken = copyOf(main(), ['start', 'menu', 'sales']);
    expect(Object.keys(taken)).toEqual(['menu', 'sales']);
    const made = pasted(main(), taken, { x: 40, y: 40 });
    expect(Object.keys(made)).toEqual(['menu-2', 'queue']);
    expect(made['menu-2']?.exits).toEqual({ '1': 'queue', no_input: 'menu-2' });
    expect(made.queue).toMatchObject({ exits: {}, place: { x: 40, y: 40 } });
    expect(Object.keys(done(main(), { do: 'paste', nodes: made }).nodes)).toHaveLength(8);
  });
});

describe('the history', () => {
  const label = (text: string): Command => ({ do: 'label', name: 'bye', label: text });

  it('goes back and forth over everything, and a new command ends the way forth', () => {
    let history = begin(main());
    history = perform(history, { do: 'remove', names: ['hello'] }, exitsOf, 0);
    history = perform(history, label('Bye'), exitsOf, 1);
    history = undo(undo(history));
    expect(history.now).toEqual(main());
    history = redo(history);
    expect(history.now.nodes.hello).toBeUndefined();
    expect(redo(history).now.nodes.bye?.label).toBe('Bye');
    history = perform(history, label('End'), exitsOf, 2);
    expect(redo(history)).toBe(history);
    expect(undo(undo(undo(history))).now).toEqual(main());
  });

  it('takes typing for one step, and a pause for the end of it', () => {
    let history = begin(main());
    for (const [at, text] of [
      [0, 'B'],
      [300, 'By'],
      [600, 'Bye'],
      [5000, 'Bye!'],
    ] as const)
      history = perform(history, label(text), exitsOf, at);
    expect(history.past).toHaveLength(2);
    history = undo(history);
    expect(history.now.nodes.bye?.label).toBe('Bye');
    expect(undo(history).now.nodes.bye?.label).toBe('');
  });

  it('does not join what is typed after an undo to what was typed before', () => {
    let history = perform(begin(main()), label('A'), exitsOf, 0);
    history = perform(history, { do: 'connect', way: { from: 'menu', exit: '1' }, to: 'bye' }, exitsOf, 100);
    history = perform(undo(history), label('AB'), exitsOf, 200);
    expect(undo(history).now.nodes.bye?.label).toBe('A');
  });

  it('forgets a command that changes nothing', () => {
    const history = begin(main());
    expect(perform(history, { do: 'move', places: { bye: { x: 0, y: 0 } } }, exitsOf, 0)).toBe(history);
  });
});

describe('the difference of two versions', () => {
  it('names what was added, removed and changed, and does not see where things are drawn', () => {
    const after = done(
      main(),
      { do: 'remove', names: ['lost'] },
      { do: 'add', name: 'say', node: node('say') },
      { do: 'connect', way: { from: 'menu', exit: '1' }, to: 'bye' },
      { do: 'set', name: 'hello', settings: { text: { en: 'Good day' } } },
      { do: 'move', places: { bye: { x: 500, y: 9 } } },
      { do: 'flow', change: { zone: 'Asia/Shanghai' } },
    );
    const found = diff(main(), after);
    expect(found).toEqual({
      added: ['say'],
      removed: ['lost'],
      changed: [
        { name: 'hello', label: false, kind: false, settings: ['text'], exits: [] },
        { name: 'menu', label: false, kind: false, settings: [], exits: [{ exit: '1', from: 'sales', to: 'bye' }] },
      ],
      flow: ['zone'],
    });
    expect(sizeOf(found)).toBe(5);
    expect(sizeOf(diff(main(), main()))).toBe(0);
  });

  it('compares as JSON does', () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, {}], a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ 0: 1 }, [1])).toBe(false);
    expect(same('', null)).toBe(false);
  });
});

describe('the outline', () => {
  const shape = (graph: Graph) =>
    outline(graph, exitsOf).map((row) => `${'  '.repeat(row.depth)}${row.way?.exit ?? ''}>${row.name ?? ''} ${row.is}`);

  it('puts every node below the exit that leads to it first, and says where it stands elsewhere', () => {
    expect(shape(main())).toEqual([
      '>start node',
      'next>hello node',
      'next>menu node',
      '  1>sales node',
      '  next>bye node',
      '  2>bye again',
      '  no_input>menu again',
      '>lost node',
      'next> open',
    ]);
  });

  it('has rows of its own for what nobody reaches, circles among it', () => {
    const graph = done(
      main(),
      { do: 'add', name: 'a', node: node('say', { next: 'b' }) },
      { do: 'add', name: 'b', node: node('say', { next: 'a' }) },
    );
    const rows = outline(graph, exitsOf);
    expect(rows.filter((row) => row.lost).map((row) => row.name)).toEqual(['lost', 'a', 'b']);
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });
});

describe('the layout', () => {
  const size = () => ({ width: 200, height: 60 });
  const overlaps = (graph: Graph, places: Record<string, { x: number; y: number }>) => {
    const boxes = Object.keys(graph.nodes).map((name) => places[name] ?? { x: Number.NaN, y: Number.NaN });
    return boxes.some((one, at) =>
      boxes.slice(at + 1).some((other) => Math.abs(one.x - other.x) < 200 && Math.abs(one.y - other.y) < 60),
    );
  };

  it('leads downwards, keeps keys in their order and nothing on top of another', () => {
    const places = layout(main(), size);
    const y = (name: string) => places[name]?.y ?? Number.NaN;
    expect(y('start')).toBeLessThan(y('hello'));
    expect(y('hello')).toBeLessThan(y('menu'));
    expect(y('menu')).toBeLessThan(y('sales'));
    expect(y('sales')).toBeLessThan(y('bye'));
    expect(y('lost')).toBeGreaterThan(y('bye'));
    expect(overlaps(main(), places)).toBe(false);
  });

  it('puts five hundred nodes with circles in their places quickly', () => {
    // A linear congruential generator: the same flow in every run.
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const names = Array.from({ length: 500 }, (_, at) => (at === 0 ? 'start' : `n${at}`));
    const nodes = names.map((name) => {
      const exits = Object.fromEntries(['1', '2'].map((exit) => [exit, names[1 + random(499)] ?? 'n1']));
      return [name, { ...node('menu', exits), kind: name === 'start' ? 'start' : 'menu' }];
    });
    const graph = readGraph({ nodes: Object.fromEntries(nodes) });
    const began = performance.now();
    const places = layout(graph, size);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(Object.keys(places)).toHaveLength(500);
    expect(Object.values(places).every((place) => Number.isFinite(place.x) && Number.isFinite(place.y))).toBe(true);
    expect(overlaps(graph, places)).toBe(false);
  });
});
