import { describe, expect, it } from 'vitest';
import type { Script, Trace } from './queries';
import { deeds, stepBack, trailOf, withAct } from './script';

const script: Script = { caller: '', called: '', at: '', acts: [] };
const trace = (change: Partial<Trace>): Trace => ({
  events: [],
  path: [],
  node: 'menu',
  flow: 'f',
  outcome: null,
  waiting: 'keys',
  at_ms: 0,
  variables: {},
  misfit: null,
  ...change,
});

describe('a simulated call', () => {
  it('joins keys, and goes back one key at a time', () => {
    const keyed = withAct(withAct(withAct(script, { do: 'listen' }), { do: 'keys', keys: '1' }), {
      do: 'keys',
      keys: '2',
    });
    expect(keyed.acts).toEqual([{ do: 'listen' }, { do: 'keys', keys: '12' }]);
    expect(stepBack(keyed).acts).toEqual([{ do: 'listen' }, { do: 'keys', keys: '1' }]);
    expect(stepBack(stepBack(stepBack(stepBack(keyed)))).acts).toEqual([]);
  });

  it('offers what the flow waits for', () => {
    expect(deeds(trace({}))).toEqual([]);
    expect(deeds(trace({ waiting: 'ring' })).map((one) => one.key)).toEqual(['join', 'ring_no_answer', 'ring_busy']);
  });

  it('marks the ways of this flow, and where the caller is while the call goes on', () => {
    const step = (flow: string, node: string, exit: string | null) => ({
      flow,
      node,
      exit,
      version: 0,
      kind: 'say',
      label: '',
      entered_ms: 0,
      stayed_ms: 0,
      keys: '',
    });
    const path = [step('f', 'start', 'next'), step('g', 'start', 'next'), step('f', 'menu', null)];
    const trail = trailOf(trace({ path }), 'f');
    expect([[...trail.nodes], [...trail.ways], trail.here]).toEqual([['start', 'menu'], ['start/next'], 'menu']);
    expect(trailOf(trace({ path, outcome: 'hung_up' }), 'f').here).toBe(null);
  });
});
