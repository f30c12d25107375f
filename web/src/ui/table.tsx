/** A table that shows its real header while it loads, says why it is empty, and keeps row deeds within reach. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSlow } from '../hooks';
import { cx } from './cx';
import { ErrorState, Skeleton } from './state';
import { nextSort, type SortKey, sorted } from './table-sort';

export type Column<Row> = {
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers stand right. */
  number?: boolean;
  /** Hidden below this width. */
  from?: 'md' | 'lg' | 'xl';
  className?: string;
  /** The cell names the row for screen readers. */
  names?: boolean;
  /** What rows are sorted by when its head is pressed. */
  sort?: (row: Row) => SortKey;
  /** What it is called among the columns to choose from; without, it is always shown. */
  label?: string;
};

const FROM = { md: 'max-md:hidden', lg: 'max-lg:hidden', xl: 'max-xl:hidden' };

export function DataTable<Row>(props: {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  rowKey: (row: Row) => string;
  error?: unknown;
  onRetry?: () => void;
  empty: ReactNode;
  tall?: boolean;
  selected?: string | null;
  onOpen?: (row: Row) => void;
  className?: string;
  /** A column's key, with `-` before it for the other way round. */
  sort?: string | null;
  onSort?: (sort: string | null) => void;
  /** Rows that something is to be done with at once. */
  picked?: ReadonlySet<string>;
  onPick?: (picked: ReadonlySet<string>) => void;
  /** What a row is called, for its tick box. */
  nameOf?: (row: Row) => string;
}) {
  const { t } = useTranslation();
  const loading = props.rows === undefined && !props.error;
  const slow = useSlow(loading);
  const rows = props.rows && props.onSort ? sorted(props.rows, props.columns, props.sort ?? null) : props.rows;
  const { picked, onPick } = props;
  if (props.error && props.rows === undefined) return <ErrorState error={props.error} onRetry={props.onRetry} />;
  if (props.rows?.length === 0)
    return <div className={cx('rounded-lg border border-line bg-panel', props.className)}>{props.empty}</div>;
  return (
    <div
      className={cx('relative overflow-x-auto rounded-lg border border-line bg-panel', props.className)}
      aria-busy={loading}
    >
      <table className="w-full border-collapse text-13">
        <caption className="sr-only">{loading ? t('loading') : props.label}</caption>
        <thead>
          <tr>
            {onPick && picked && <PickAll rows={(rows ?? []).map(props.rowKey)} picked={picked} onPick={onPick} />}
            {props.columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                aria-sort={ariaSort(column, props.sort)}
                className={cx(
                  'h-8 border-b border-line px-3 text-left text-12 font-medium whitespace-nowrap text-ink-3 first:pl-4 last:pr-4',
                  column.number && 'text-right',
                  column.from && FROM[column.from],
                )}
              >
                {column.sort && props.onSort ? (
                  <SortHead column={column} sort={props.sort ?? null} onSort={props.onSort} />
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {loading &&
            [80, 56, 72, 64].map((width) => (
              <tr key={width}>
                {onPick && <td className="w-10" />}
                {props.columns.map((column) => (
                  <td key={column.key} className={cellClass(column, props.tall)}>
                    {slow && <SkeletonBar width={width} right={column.number} />}
                  </td>
                ))}
              </tr>
            ))}
          {rows?.map((row) => {
            const key = props.rowKey(row);
            return (
              <tr
                key={key}
                aria-selected={props.selected === undefined ? undefined : props.selected === key}
                className={cx(
                  'group border-line transition-colors not-last:border-b hover:bg-panel-2 aria-selected:bg-brand-bg',
                  props.onOpen && 'cursor-pointer',
                )}
                onClick={props.onOpen && ((event) => !pressed(event.target) && props.onOpen?.(row))}
              >
                {onPick && picked && (
                  <td className="w-10 py-1 pr-1 pl-4">
                    <input
                      type="checkbox"
                      className="tick"
                      aria-label={t('pick', { what: props.nameOf?.(row) ?? key })}
                      checked={picked.has(key)}
                      onChange={() => onPick(toggled(picked, key))}
                    />
                  </td>
                )}
                {props.columns.map((column) => {
                  const Cell = column.names ? 'th' : 'td';
                  return (
                    <Cell
                      key={column.key}
                      scope={column.names ? 'row' : undefined}
                      className={cellClass(column, props.tall)}
                    >
                      {column.cell(row)}
                    </Cell>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function toggled(picked: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(picked);
  if (!next.delete(key)) next.add(key);
  return next;
}

function PickAll(props: {
  rows: readonly string[];
  picked: ReadonlySet<string>;
  onPick: (picked: ReadonlySet<string>) => void;
}) {
  const { t } = useTranslation();
  const all = props.rows.length > 0 && props.rows.every((key) => props.picked.has(key));
  return (
    <th scope="col" className="h-8 w-10 border-b border-line pr-1 pl-4 text-left">
      <input
        type="checkbox"
        className="tick align-middle"
        aria-label={t('pick_all')}
        checked={all}
        onChange={() => props.onPick(new Set(all ? [] : props.rows))}
      />
    </th>
  );
}

function ariaSort<Row>(column: Column<Row>, sort: string | null | undefined): 'ascending' | 'descending' | undefined {
  if (!column.sort || !sort) return undefined;
  if (sort === column.key) return 'ascending';
  return sort === `-${column.key}` ? 'descending' : undefined;
}

/** A head that sorts: up, down, as it came. */
function SortHead<Row>(props: { column: Column<Row>; sort: string | null; onSort: (sort: string | null) => void }) {
  const state = ariaSort(props.column, props.sort);
  const Arrow = state === 'descending' ? ArrowDown : ArrowUp;
  return (
    <button
      type="button"
      onClick={() => props.onSort(nextSort(props.column.key, props.sort))}
      className={cx(
        'group/sort -mx-1 inline-flex min-h-6 items-center gap-1 rounded-sm px-1 font-medium hover:text-ink',
        // The words stand over the figures, so the arrow goes before them.
        props.column.number && 'flex-row-reverse',
        state && 'text-ink',
      )}
    >
      {props.column.head}
      <Arrow
        aria-hidden
        className={cx('size-3', !state && 'opacity-0 group-hover/sort:opacity-60 group-focus-visible/sort:opacity-60')}
      />
    </button>
  );
}

function SkeletonBar({ width, right }: { width: number; right: boolean | undefined }) {
  return (
    <span className={cx('flex', right && 'justify-end')}>
      <Skeleton className={{ 80: 'w-20', 56: 'w-14', 72: 'w-18', 64: 'w-16' }[width] ?? 'w-16'} />
    </span>
  );
}

function cellClass<Row>(column: Column<Row>, tall: boolean | undefined): string {
  return cx(
    'num px-3 py-1 text-left font-normal first:pl-4 last:pr-4',
    tall ? 'h-14' : 'h-10',
    column.number && 'text-right whitespace-nowrap',
    column.from && FROM[column.from],
    column.className,
  );
}

/** A press on a control inside the row is that control's, not the row's. */
function pressed(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, [role="menuitem"], [role="combobox"]') !== null;
}

/** Two lines in a cell: what it is, and what it is called. */
export function TwoLines({ main, sub }: { main: ReactNode; sub?: ReactNode }) {
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate font-medium">{main}</span>
      {sub && <span className="truncate text-12 text-ink-3">{sub}</span>}
    </span>
  );
}
