import { expect, test } from 'vitest';
import { day, exact, minutes, month } from './words';

test('amounts are written to the last place that counts', () => {
  expect(exact(25_000_000, 'USD')).toBe('$25.00');
  expect(exact(12_500, 'USD')).toBe('$0.0125');
  expect(exact(-1, 'USD')).toBe('-$0.000001');
  expect(exact(0, 'USD')).toBe('$0.00');
});

test('a day is the same day everywhere', () => {
  expect(day('2026-03-29', 'en')).toBe('Mar 29, 2026');
  expect(month('2026-12-01', 'en')).toBe('December 2026');
  expect(month('2026-12-01', 'zh-Hans')).toBe('2026年12月');
});

test('a begun minute counts whole', () => {
  expect(minutes(61, 'en')).toBe('2 min');
  expect(minutes(0, 'en')).toBe('0 min');
});
