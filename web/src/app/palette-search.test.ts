import { expect, it } from 'vitest';
import { dialable, find } from './palette-search';

const all = ['Numbers', 'Main line +1 415 555 0142', 'Tom Hale 102', 'Team'];
const words = (text: string) => text;

it('finds by words in any order and by digits in any writing', () => {
  expect(find(all, 'hale tom', words)).toEqual(['Tom Hale 102']);
  expect(find(all, '4155550142', words)).toEqual(['Main line +1 415 555 0142']);
  expect(find(all, '', words)).toEqual(all);
});

it('puts what begins with the text first', () => {
  expect(find(['Old team', 'Team'], 'te', words)).toEqual(['Team', 'Old team']);
});

it('knows what can be dialled', () => {
  expect(['+1 (415) 555-0142', '101', '*43'].map(dialable)).toEqual(['+14155550142', '101', '*43']);
  expect(['Tom', '12', '4+1', '*'].map(dialable)).toEqual([null, null, null, null]);
});
