import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../api/types';
import { holdsOf, lengthOf, rowsOf, ticksOf } from './chart';
import { endedWell, sentence } from './sentence';

const at = (ms: number) => new Date(1_764_000_000_000 + ms).toISOString();
const moment = (at_ms: number, kind: string, leg: string | null = null) => ({ at_ms, kind, leg }) as Schemas['Moment'];

const call = {
  sentence: '',
  summary: {
    id: 'call_1',
    direction: 'outbound',
    caller: '101',
    called: '+14155550132',
    started_at: at(0),
    answered_at: at(5_000),
    ended_at: at(65_000),
    talk_ms: 60_000,
    cause: 'callee_hung_up',
  },
  legs: [
    {
      id: 'a',
      role: 'caller',
      kind: 'browser',
      party: '101',
      started_at: at(0),
      answered_at: at(5_000),
      ended_at: at(65_000),
    },
    {
      id: 'b',
      role: 'called',
      kind: 'gateway',
      party: 'Span 1',
      started_at: at(200),
      answered_at: at(5_000),
      ended_at: at(65_000),
    },
  ],
  timeline: [moment(1_000, 'ringing', 'b'), moment(20_000, 'held', 'a'), moment(30_000, 'resumed', 'a')],
} as unknown as Schemas['CallDetail'];

describe('the timeline of a call', () => {
  it('shows trying, ringing, talk and hold of the called leg in order', () => {
    const row = rowsOf(call, 0).find((one) => one.leg === 'b');
    expect(row?.spans).toEqual([
      { from: 200, to: 1_000, phase: 'tries' },
      { from: 1_000, to: 5_000, phase: 'rings' },
      { from: 5_000, to: 20_000, phase: 'talks' },
      { from: 20_000, to: 30_000, phase: 'holds' },
      { from: 30_000, to: 65_000, phase: 'talks' },
    ]);
  });

  it('counts overlapping holds once and open ones to the end', () => {
    const both = [
      moment(10, 'held'),
      moment(20, 'held'),
      moment(30, 'resumed'),
      moment(40, 'resumed'),
      moment(50, 'held'),
    ];
    expect(holdsOf(both, 100)).toEqual([
      [10, 40],
      [50, 100],
    ]);
  });

  it('marks a leg that was never answered as failed', () => {
    const failed = {
      ...call,
      legs: [{ ...call.legs[1], answered_at: null }],
      timeline: [],
    } as unknown as Schemas['CallDetail'];
    expect(rowsOf(failed, 0)[0]?.spans).toEqual([{ from: 200, to: 65_000, phase: 'failed' }]);
  });

  it('never has more labels than fit', () => {
    expect(lengthOf(call, 0)).toBe(65_000);
    for (const whole of [1_000, 65_000, 3_700_000]) expect(ticksOf(whole).length).toBeLessThanOrEqual(9);
  });
});

describe('the sentence', () => {
  it('calls the echo by its name, and nobody a colleague', () => {
    const echo = { ...call, summary: { ...call.summary, direction: 'internal', called: '*43' } } as typeof call;
    const said = sentence(echo, (key, values) => `${key}(${values?.called ?? ''})`);
    expect(said).toMatch(/^sentence\.began_echo\(sentence\.echo\(\)\) /);
  });

  it('counts from the person who took a call that a flow had answered', () => {
    const flow = { name: 'Reception' } as Schemas['CallFlow'];
    const service = { ...call.legs[1], id: 'f', kind: 'service', party: 'Reception', answered_at: at(0) };
    const person = { ...call.legs[1], answered_at: at(40_000) };
    const say = (key: string, values?: Record<string, string>) =>
      `${key.replace('sentence.', '')}(${[values?.called, values?.waited, values?.time].filter(Boolean).join(' ')})`;
    const taken = { ...call, flow, legs: [call.legs[0], service, person] } as unknown as typeof call;
    expect(sentence(taken, say)).toBe('began_flow(Span 1) taken(Span 1 0:40 0:25) ended.callee_hung_up(Span 1)');
    const alone = { ...call, flow, legs: [call.legs[0], service] } as unknown as typeof call;
    expect(sentence(alone, say)).toBe('began_flow(Reception) alone(Reception 1:05) ended.callee_hung_up(Reception)');
  });

  it('tells waiting, talking and who ended it', () => {
    const said = sentence(call, (key, values) => `${key}(${values?.waited ?? ''}${values?.time ?? ''})`);
    expect(said).toBe('sentence.began_outbound() sentence.talked(0:051:00) sentence.ended.callee_hung_up()');
    expect(endedWell('callee_hung_up')).toBe(true);
    expect(endedWell('congested')).toBe(false);
  });
});
