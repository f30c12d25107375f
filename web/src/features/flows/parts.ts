/** Parts that settings of several kinds are made of, in the form of the server (`server/ivr/src/sound.rs`, `io.rs`). */
import type { NameOf, Words } from './kind';
import type { Graph } from './model/graph';

export type Texts = Record<string, string>;

export type Sound = { kind: 'text'; text: Texts; voice?: string | null } | { kind: 'prompt'; prompt: string };

export type Target =
  | { kind: 'seat'; seat: string }
  | { kind: 'team'; team: string }
  | { kind: 'extension'; extension: string }
  | { kind: 'number'; number: string };

export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

export const spoken = (): Sound => ({ kind: 'text', text: {} });

/** Variables that every call has. */
export const GIVEN = ['call.caller', 'call.caller_name', 'call.called', 'call.extension', 'call.language'];

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** The words of a sound in the flow's first language, in short. */
export function heardIn(sound: Sound | null | undefined, graph: Graph, nameOf: NameOf): string {
  if (!sound) return '';
  if (sound.kind === 'prompt') return sound.prompt && nameOf('prompt', sound.prompt);
  return firstText(sound.text, graph);
}

export function firstText(text: Texts, graph: Graph): string {
  const said = text[graph.language] ?? Object.values(text).find((one) => one.trim()) ?? '';
  return said.trim() && `“${said.trim()}”`;
}

export function targetName(target: Target | null | undefined, nameOf: NameOf): string {
  switch (target?.kind) {
    case 'seat':
      return target.seat && nameOf('seat', target.seat);
    case 'team':
      return target.team && nameOf('team', target.team);
    case 'extension':
      return target.extension;
    case 'number':
      return target.number;
    case undefined:
      return '';
  }
}

/** Days as people write them: runs joined. */
export function daysInWords(days: readonly Weekday[], t: Words): string {
  const on = WEEKDAYS.map((day) => days.includes(day));
  const runs: string[] = [];
  for (let from = 0; from < 7; from += 1) {
    if (!on[from]) continue;
    let to = from;
    while (to < 6 && on[to + 1]) to += 1;
    const word = (at: number): string => t(`day.${WEEKDAYS[at] ?? 'monday'}`);
    runs.push(
      to - from < 2
        ? WEEKDAYS.slice(from, to + 1)
            .map((day) => t(`day.${day}`))
            .join(', ')
        : `${word(from)}–${word(to)}`,
    );
    from = to;
  }
  return runs.join(', ');
}

/** Moves one of a list up or down. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const next = [...list];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(at + by, 0, one);
  return next;
}

export const replaced = <T>(list: readonly T[], at: number, one: T): T[] =>
  list.map((old, index) => (index === at ? one : old));
export const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);
