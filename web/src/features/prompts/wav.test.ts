import { expect, it } from 'vitest';
import { wavOf } from './wav';

it('writes a head and the mean of the channels', () => {
  const bytes = wavOf([Float32Array.of(0, 0.5, 2), Float32Array.of(0, -0.5, 2)], 48_000);
  const view = new DataView(bytes);
  expect(bytes.byteLength).toBe(50);
  expect(view.getUint32(24, true)).toBe(48_000);
  expect(view.getUint32(40, true)).toBe(6);
  expect([view.getInt16(44, true), view.getInt16(46, true), view.getInt16(48, true)]).toEqual([0, 0, 32_767]);
});

it('makes an empty file of nothing', () => {
  expect(wavOf([], 8_000).byteLength).toBe(44);
});
