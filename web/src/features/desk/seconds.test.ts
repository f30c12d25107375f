import { describe, expect, it } from 'vitest';
import type { Frame } from '../../api/live';
import { heard, type Known } from './seconds';

const asked: Known = new Map([['call_1', [{ id: 'call_2', who: 'Ana', stage: 'ringing' }]]]);
const step = (call: string, kind: 'answered' | 'ended' | 'ringing') =>
  ({ type: 'call', call: { call }, kind }) as Frame;

describe('what the feed says of second calls', () => {
  it('they are talked to once they answer and are gone when they end', () => {
    const talking = heard(asked, step('call_2', 'answered'));
    expect(talking.get('call_1')).toEqual([{ id: 'call_2', who: 'Ana', stage: 'talking' }]);
    expect(heard(talking, step('call_2', 'ended')).size).toBe(0);
  });

  it('an answer that was waited for in the background does not bring them back from where they were put', () => {
    const joined: Known = new Map([['call_1', [{ id: 'call_2', who: 'Ana', stage: 'joined' }]]]);
    expect(heard(joined, step('call_2', 'answered'))).toBe(joined);
  });

  it('other calls change nothing, and a snapshot without them takes them out', () => {
    expect(heard(asked, step('call_9', 'ended'))).toBe(asked);
    expect(heard(asked, { type: 'snapshot', calls: [] }).size).toBe(0);
    expect(heard(asked, { type: 'hello', seq: 1 })).toBe(asked);
  });
});
