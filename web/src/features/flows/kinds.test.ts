import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import texts from '../../locales/en/flow-steps.json';
import type { Words } from './kind';
import { allKinds, exitsOf, freshNode } from './kinds';
import { readGraph } from './model/graph';
import { roomFor, stepSize } from './shape';

const SERVER = join(import.meta.dirname, '../../../../server/ivr/src/node.rs');
const graph = readGraph({ nodes: { start: { kind: 'start' } }, variables: [{ name: 'account', kind: 'text' }] });
const words: Words = (key) => key;

describe('the kinds of steps', () => {
  it('are those of the flow engine, no more and no less', () => {
    const list = /\nnodes! \{([\s\S]*?)\n\}/.exec(readFileSync(SERVER, 'utf8'))?.[1] ?? '';
    const served = [...list.matchAll(/= (\w+);/g)].map((found) => found[1]);
    expect(served.length).toBeGreaterThan(20);
    expect(allKinds.map((kind) => kind.code).sort()).toEqual(served.sort());
  });

  it.each(allKinds.map((kind) => [kind.code, kind] as const))('%s has a name, words and exits', (code, kind) => {
    const named = texts.kind[code as keyof typeof texts.kind];
    expect(named.name && named.hint).toBeTruthy();
    const node = freshNode(kind, graph, { x: 0, y: 0 });
    const exits = kind.exits(node.settings);
    expect(new Set(exits.map((exit) => exit.name)).size).toBe(exits.length);
    for (const exit of exits) expect(exit.label ?? texts.exit[exit.name as keyof typeof texts.exit]).toBeTruthy();
    expect(typeof kind.summary(node.settings, { t: words, nameOf: (_, id) => id, graph })).toBe('string');
    expect(stepSize(node, words).width).toBeGreaterThan(100);
  });

  it('give a menu an exit per key, once', () => {
    const choices = [{ keys: '1' }, { keys: '' }, { keys: '1' }, { keys: '22' }];
    expect(exitsOf('menu', { choices, extension_digits: 3 })).toEqual(['1', '22', 'extension', 'no_input', 'wrong']);
    expect(exitsOf('teleport', {})).toEqual([]);
  });
});

describe('room for a step', () => {
  const drawn = readGraph({
    nodes: {
      start: { kind: 'start', exits: { next: 'bye' }, place: { x: 0, y: 0 } },
      bye: { kind: 'hangup', place: { x: 0, y: 120 }, settings: { prompt: null } },
    },
  });

  it('is made where another step stands', () => {
    const { place, shift } = roomFor(drawn, { from: 'start', exit: 'next' }, words);
    expect(place.y).toBeGreaterThan(0);
    expect(shift.bye?.y ?? 0).toBeGreaterThan(place.y + 56);
  });

  it('is taken as it is where nothing stands', () => {
    const free = { ...drawn, nodes: { start: { ...drawn.nodes.start, exits: {} } } } as typeof drawn;
    expect(roomFor(free, { from: 'start', exit: 'next' }, words).shift).toEqual({});
  });
});
