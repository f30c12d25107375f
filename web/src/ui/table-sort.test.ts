import { describe, expect, it } from 'vitest';
import { nextSort, sorted } from './table-sort';

type Row = { name: string; seat: string | null; calls: number };
const rows: Row[] = [
  { name: 'Åsa', seat: null, calls: 3 },
  { name: 'bo', seat: '10', calls: 20 },
  { name: 'Cy', seat: '9', calls: 1 },
];
const columns = [
  { key: 'name', sort: (row: Row) => row.name },
  { key: 'seat', sort: (row: Row) => row.seat },
  { key: 'calls', sort: (row: Row) => row.calls },
];
const names = (sort: string | null) => sorted(rows, columns, sort).map((row) => row.name);

describe('sorting', () => {
  it('goes by letters, by numbers, and leaves empty cells last either way', () => {
    expect(names('name')).toEqual(['Åsa', 'bo', 'Cy']);
    expect(names('-calls')).toEqual(['bo', 'Åsa', 'Cy']);
    expect(names('seat')).toEqual(['Cy', 'bo', 'Åsa']);
    expect(names('-seat')).toEqual(['bo', 'Cy', 'Åsa']);
  });

  it('leaves rows as they came for a word that no column has', () => {
    expect(names('gone')).toEqual(names(null));
    expect(rows.map((row) => row.name)).toEqual(['Åsa', 'bo', 'Cy']);
  });

  it('turns up, down, and off', () => {
    expect(nextSort('name', null)).toBe('name');
    expect(nextSort('name', 'name')).toBe('-name');
    expect(nextSort('name', '-name')).toBeNull();
    expect(nextSort('name', 'seat')).toBe('name');
  });
});
