import { describe, expect, it } from 'vitest';
import { longestWait, meetsTarget, toneOfWait } from './standing';

const now = Date.parse('2026-01-01T00:01:00Z');
const waits = (...since: string[]) => ({ waiting: since.map((at) => ({ call: at, since: at })) });

describe('the standing of a queue', () => {
  it('counts the longest wait, and none where nobody waits', () => {
    expect(longestWait(waits('2026-01-01T00:00:30Z', '2026-01-01T00:00:10Z'), now)).toBe(50);
    expect(longestWait(waits(), now)).toBeNull();
  });

  it('warns beyond the target and is alarmed at three times that', () => {
    expect([20, 21, 61].map((waited) => toneOfWait(waited, 20))).toEqual([undefined, 'text-warn', 'text-bad']);
  });

  it('is content with a day on which nobody came', () => {
    const day = (percent: number | null) => ({
      service_level_percent: 80,
      today: {
        came: 0,
        answered: 0,
        in_time: 0,
        abandoned: 0,
        given_back: 0,
        longest_wait_s: 0,
        service_level_percent: percent,
      },
    });
    expect([null, 80, 79].map((percent) => meetsTarget(day(percent)))).toEqual([true, true, false]);
  });
});
