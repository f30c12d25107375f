/** Sums over the figures of a server. Pure. */
import type { Schemas } from '../../api/types';

type Figure = Schemas['SystemFigure'];

/** All series of a name, or those of them with this label. */
export function sumOf(figures: Figure[], name: string, label = ''): number {
  return figures
    .filter((one) => one.name === name && one.labels.includes(label))
    .reduce((sum, one) => sum + one.value, 0);
}

/** Ended calls by cause and blame, most first; directions are added up. */
export function endedOf(figures: Figure[]): { cause: string; blame: string; count: number }[] {
  const rows = new Map<string, { cause: string; blame: string; count: number }>();
  for (const one of figures) {
    if (one.name !== 'patchbay_calls_ended_total') continue;
    const cause = /cause="(\w+)"/.exec(one.labels)?.[1] ?? 'internal';
    const blame = /blame="(\w+)"/.exec(one.labels)?.[1] ?? 'us';
    const row = rows.get(`${cause} ${blame}`) ?? { cause, blame, count: 0 };
    row.count += one.value;
    rows.set(`${cause} ${blame}`, row);
  }
  return [...rows.values()].sort((a, b) => b.count - a.count);
}
