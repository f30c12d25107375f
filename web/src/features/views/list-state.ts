/** What a list shows, kept in the address of the page: filters, order, columns. */
import { useNavigate, useSearch } from '@tanstack/react-router';

export type ListState = { filter: Record<string, string>; sort: string | null; columns: readonly string[] };

/** Out of the words of an address; `names` are the list's filters. */
export function readState(search: Record<string, string | undefined>, names: readonly string[]): ListState {
  const filter: Record<string, string> = {};
  for (const name of names) if (search[name]) filter[name] = search[name];
  return { filter, sort: search.sort || null, columns: search.cols ? search.cols.split(',').filter(Boolean) : [] };
}

/** Into them; what is not the list's stays. */
export function writeState(
  search: Record<string, string | undefined>,
  names: readonly string[],
  state: ListState,
): Record<string, string> {
  const own = new Set([...names, 'sort', 'cols']);
  const kept = Object.entries(search).filter(([key, value]) => value !== undefined && !own.has(key));
  const filter = Object.entries(state.filter).filter(([key, value]) => names.includes(key) && value !== '');
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...Object.fromEntries(filter),
    ...(state.sort ? { sort: state.sort } : {}),
    ...(state.columns.length > 0 ? { cols: state.columns.join(',') } : {}),
  };
}

/** Whether two states show the same. */
export function sameState(one: ListState, other: ListState): boolean {
  const flat = ({ filter, sort, columns }: ListState) =>
    JSON.stringify([
      Object.entries(filter)
        .filter(([, value]) => value)
        .sort(),
      sort || null,
      [...columns].sort(),
    ]);
  return flat(one) === flat(other);
}

export type ListControl = ListState & { names: readonly string[]; set: (change: Partial<ListState>) => void };

/** The state of the list on this page, and how to change it. */
export function useListState(names: readonly string[]): ListControl {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const state = readState(search, names);
  const set = (change: Partial<ListState>) =>
    void navigate({ to: '.', search: writeState(search, names, { ...state, ...change }) as never, replace: true });
  return { ...state, names, set };
}

/** The columns that are shown: the chosen ones, or the usual ones; those without a label always. */
export function shownColumns<C extends { key: string; label?: string }>(
  columns: readonly C[],
  chosen: readonly string[],
): C[] {
  if (chosen.length === 0) return [...columns];
  return columns.filter((column) => !column.label || chosen.includes(column.key));
}
