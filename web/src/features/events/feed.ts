/** A log that is read backwards and grows at its head while one looks. */
import type { EventEntry } from '../../api/types';

export type EventFilter = { kind?: string; subject?: string; since?: string };

/** Whether an event of the feed belongs into the list that was asked for. */
export function fits(event: Pick<EventEntry, 'kind' | 'entity_id' | 'at'>, filter: EventFilter): boolean {
  const { kind, subject, since } = filter;
  const takes = (word: string) =>
    word.endsWith('.*') ? event.kind.startsWith(word.slice(0, -1)) : word === event.kind;
  return (
    (!kind || kind.split(',').some((word) => takes(word.trim()))) &&
    (!subject || event.entity_id === subject) &&
    (!since || Date.parse(event.at) >= Date.parse(since))
  );
}

/** Newest first, each once. */
export function merged(fresh: readonly EventEntry[], read: readonly EventEntry[]): EventEntry[] {
  const known = new Set(read.map((event) => event.seq));
  return [...fresh.filter((event) => !known.has(event.seq)), ...read].sort((a, b) => b.seq - a.seq);
}
