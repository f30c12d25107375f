/** Event types of an endpoint: single ones, all of a kind of thing, or all there are. */
import type { EventTypeEntry } from '../../api/types';

/** Types by what they befall, in the order of the list. */
export function kindGroups(types: readonly Pick<EventTypeEntry, 'kind'>[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { kind } of types) {
    const stem = kind.split('.')[0] ?? kind;
    groups.set(stem, [...(groups.get(stem) ?? []), kind]);
  }
  return [...groups];
}

/** Whether a word of the list takes the type. */
export const takes = (words: readonly string[], kind: string): boolean =>
  words.some((word) => word === kind || word === '*' || word === `${kind.split('.')[0]}.*`);

/** With one type more or less; a whole group is written as `seat.*`, so that types to come are in it. */
export function toggled(
  words: readonly string[],
  groups: [string, string[]][],
  kinds: string[],
  on: boolean,
): string[] {
  const chosen = new Set(groups.flatMap(([, all]) => all).filter((kind) => takes(words, kind)));
  for (const kind of kinds) {
    if (on) chosen.add(kind);
    else chosen.delete(kind);
  }
  const out = groups.flatMap(([stem, all]) =>
    all.every((kind) => chosen.has(kind)) ? [`${stem}.*`] : all.filter((kind) => chosen.has(kind)),
  );
  return out.length === groups.length && out.every((word) => word.endsWith('.*')) ? ['*'] : out;
}
