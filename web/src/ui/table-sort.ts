/** How rows are sorted by a column. Pure. */

export type SortKey = string | number | null | undefined;
type Sortable<Row> = { key: string; sort?: (row: Row) => SortKey };

/** Sorted by `key`, or the other way round by `-key`; what has nothing there comes last either way. Unknown words change nothing. */
export function sorted<Row>(rows: Row[], columns: readonly Sortable<Row>[], sort: string | null): Row[] {
  const down = sort?.startsWith('-') ?? false;
  const by = columns.find((column) => column.key === (down ? sort?.slice(1) : sort))?.sort;
  if (!by) return rows;
  return [...rows].sort((left, right) => {
    const [one, other] = [by(left), by(right)];
    if (one === null || one === undefined || one === '')
      return other === null || other === undefined || other === '' ? 0 : 1;
    if (other === null || other === undefined || other === '') return -1;
    const order =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : String(one).localeCompare(String(other), undefined, { numeric: true, sensitivity: 'base' });
    return down ? -order : order;
  });
}

/** Up, down, then as it came. */
export function nextSort(key: string, sort: string | null): string | null {
  if (sort === key) return `-${key}`;
  return sort === `-${key}` ? null : key;
}
