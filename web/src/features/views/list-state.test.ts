import { describe, expect, it } from 'vitest';
import { readState, sameState, shownColumns, writeState } from './list-state';

const names = ['q', 'state'];

describe('the state of a list', () => {
  it('lives in the address beside what is not its own', () => {
    const search = { tab: 'people', q: 'ann', sort: '-name', cols: 'name,role' };
    const state = readState(search, names);
    expect(state).toEqual({ filter: { q: 'ann' }, sort: '-name', columns: ['name', 'role'] });
    expect(writeState(search, names, state)).toEqual(search);
    expect(writeState(search, names, { filter: { q: '', other: 'x' }, sort: null, columns: [] })).toEqual({
      tab: 'people',
    });
  });

  it('is the same whatever the order of its words', () => {
    const one = { filter: { q: 'a', state: 'x' }, sort: null, columns: ['b', 'a'] };
    expect(sameState(one, { filter: { state: 'x', q: 'a' }, sort: null, columns: ['a', 'b'] })).toBe(true);
    expect(sameState(one, { ...one, sort: 'a' })).toBe(false);
    expect(sameState({ ...one, filter: { q: '' } }, { ...one, filter: {} })).toBe(true);
  });

  it('shows what was chosen, and always what has no name to choose by', () => {
    const columns = [{ key: 'name' }, { key: 'role', label: 'Role' }, { key: 'seen', label: 'Seen' }];
    expect(shownColumns(columns, []).length).toBe(3);
    expect(shownColumns(columns, ['seen', 'gone']).map((one) => one.key)).toEqual(['name', 'seen']);
  });
});
