import { expect, test } from 'vitest';
import { clock, isTooLong, secondsSince } from './clock';

test('time is counted in minutes, and in hours when there are some', () => {
  expect([7, 750, 3723].map(clock)).toEqual(['0:07', '12:30', '1:02:03']);
  expect(secondsSince('2026-01-01T00:00:10Z', new Date('2026-01-01T00:00:00Z').getTime())).toBe(0);
});

test('who is away longer than the reason allows is too long away', () => {
  const since = '2026-01-01T00:00:00Z';
  const after = (seconds: number) => new Date(since).getTime() + seconds * 1000;
  const lunch = (longest_s: number | null) => ({
    now: { state: 'not_ready' as const, reason: { id: 'rsn_1', name: 'Lunch', longest_s }, since },
  });
  expect(isTooLong(lunch(60), after(60))).toBe(false);
  expect(isTooLong(lunch(60), after(61))).toBe(true);
  expect(isTooLong(lunch(null), after(9999))).toBe(false);
});
