import { describe, expect, it } from 'vitest';
import { inOrder, pathOf, withBelow } from './tree';

const TREE = [
  { id: 'west', name: 'West', parent: 'sales' },
  { id: 'sales', name: 'Sales', parent: null },
  { id: 'east', name: 'East', parent: 'sales' },
  { id: 'office', name: 'Office', parent: null },
  { id: 'early', name: 'Early', parent: 'east' },
];

describe('the tree of departments', () => {
  it('is read from the top down, neighbours by name', () => {
    const rows = inOrder(TREE).map(({ department, depth }) => `${'-'.repeat(depth)}${department.id}`);
    expect(rows).toEqual(['office', 'sales', '-east', '--early', '-west']);
  });

  it('loses nobody whose parent is not there', () => {
    expect(inOrder([{ id: 'a', name: 'A', parent: 'gone' }])).toHaveLength(1);
  });

  it('knows what lies below and how one gets there', () => {
    expect([...withBelow(TREE, 'east')].sort()).toEqual(['early', 'east']);
    expect(pathOf(TREE, 'early')).toBe('Sales / East / Early');
    expect(pathOf(TREE, 'gone')).toBe('');
  });
});
