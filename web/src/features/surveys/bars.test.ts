import { expect, it } from 'vitest';
import { shownKeys, since } from './bars';

it('draws the keys of the usual scale, and further ones where they were pressed', () => {
  const pressed = (...keys: number[]) =>
    Array.from({ length: 10 }, (_, key) => keys.filter((one) => one === key).length);
  expect(shownKeys(pressed(4, 4))).toEqual([1, 2, 3, 4, 5]);
  expect(shownKeys(pressed(0, 1))).toEqual([0, 1]);
  expect(shownKeys(pressed(0, 9))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('asks for whole days', () => {
  const at = new Date(since(7, new Date(2026, 4, 20, 15, 30).getTime()));
  expect([at.getDate(), at.getHours(), at.getMinutes()]).toEqual([13, 0, 0]);
});
