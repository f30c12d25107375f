import { expect, test } from 'vitest';
import { micros, written } from './amount';

test('amounts are exact or refused', () => {
  for (const [text, value] of [
    ['0', 0],
    ['12.5', 12_500_000],
    ['12,5', 12_500_000],
    ['0.000001', 1],
    ['0.1', 100_000],
    [' 9.99 ', 9_990_000],
  ] as const)
    expect(micros(text)).toBe(value);
  for (const bad of ['', '.', '1.', '-1', '1e3', '0.0000001', '1.2.3', '1000000000', '१'])
    expect(micros(bad)).toBeNull();
});

test('an amount survives its text', () => {
  for (const value of [0, 1, 10, 999_999, 1_000_000, 1_000_001, 49_000_000, 99_999_999_999_999])
    expect(micros(written(value))).toBe(value);
});
