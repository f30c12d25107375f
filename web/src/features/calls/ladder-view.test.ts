import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../api/types';
import { columnsOf, stepsOf } from './ladder-view';

type Message = Schemas['LadderMessage'];

const message = (part: Partial<Message>): Message => ({
  at_ms: 0,
  leg: 'leg_a',
  ours: false,
  transport: 'udp',
  peer: 'x',
  title: 'INVITE',
  method: 'INVITE',
  sdp: false,
  repeated: false,
  text: '',
  ...part,
});

const ladder: Schemas['Ladder'] = {
  started_at: '2026-01-01T00:00:00Z',
  lanes: [
    { leg: 'leg_b', role: 'called', kind: 'gateway', label: 'Falcon E1' },
    { leg: 'leg_a', role: 'caller', kind: 'browser', label: null },
    { leg: 'leg_c', role: 'called', kind: 'gateway', label: 'Wren' },
  ],
  messages: [
    message({ at_ms: -1, sdp: true }),
    message({ at_ms: 12, leg: 'leg_c', ours: true }),
    message({ at_ms: 1_250, leg: 'leg_b', title: '486 Busy Here' }),
    message({ at_ms: 1_300, leg: 'leg_a', ours: true, title: '200 OK', method: 'BYE', repeated: true }),
    message({ leg: 'leg_unknown' }),
  ],
  missing: 0,
};

describe('a ladder', () => {
  it('puts the platform between the caller and those who were rung', () => {
    expect(columnsOf(ladder)).toEqual(['leg_a', null, 'leg_b', 'leg_c']);
  });

  it('draws each message from who sent it to who received it', () => {
    const steps = stepsOf(ladder);
    expect(steps.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 3],
      [2, 1],
      [1, 0],
    ]);
    expect(steps.map(({ at }) => at)).toEqual(['0.000', '0.013', '1.251', '1.301']);
    expect(steps.map(({ tone }) => tone)).toEqual(['request', 'request', 'failure', 'success']);
    expect(steps.map(({ title }) => title)).toEqual(['INVITE', 'INVITE', '486 Busy Here', '200 OK (BYE)']);
    expect(steps[3]?.repeated).toBe(true);
  });
});
