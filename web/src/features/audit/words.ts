/** What stands in the audit log, in words: deeds, kinds of things, columns. What has no words of its own is shown as it is. */
import type { TFunction } from 'i18next';
import type { AuditEntry } from '../../api/types';
import { dateTime } from '../../i18n/format';

type Say = TFunction<'audit'>;

/** `seat.updated` as a sentence without a subject: "Changed a seat". */
export function deed(t: Say, action: string): string {
  return t(`action.${action}`, { defaultValue: action.replaceAll('_', ' ').replaceAll('.', ': ') });
}

/** `destination_kind` as a label: "Rings at". */
export function column(t: Say, name: string): string {
  return t(`column.${name}`, { defaultValue: name.replaceAll('_', ' ') });
}

export function table(t: Say, name: string): string {
  return t(`table.${name}`, { defaultValue: name.replaceAll('_', ' ') });
}

/** Who it was, for a list. */
export function who(t: Say, actor: AuditEntry['actor']): string {
  return actor.name ?? t(`kind.${actor.kind}`);
}

/** A name for the thing that was changed, where the line has one. */
export function about(entry: AuditEntry): string {
  if (entry.entity === 'session') return entry.from.address ?? '';
  const body = (entry.body ?? {}) as Record<string, unknown>;
  for (const name of ['label', 'name', 'e164', 'number', 'email', 'called']) {
    const value = body[name];
    if (typeof value === 'string' && value) return value;
  }
  for (const change of entry.changes) {
    for (const row of [change.after, change.before] as (Record<string, unknown> | null | undefined)[]) {
      const value = row?.label ?? row?.name ?? row?.e164 ?? row?.email;
      if (typeof value === 'string' && value) return value;
    }
  }
  return entry.entity_id;
}

export type Line = { name: string; before: string | null; after: string | null };

/** The lines of one changed row, in a steady order. */
export function lines(change: AuditEntry['changes'][number]): Line[] {
  const before = (change.before ?? {}) as Record<string, unknown>;
  const after = (change.after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.map((name) => ({ name, before: plain(before[name]), after: plain(after[name]) }));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

function plain(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return TIME.test(value) ? dateTime(value) : value;
  if (Array.isArray(value)) return value.map((one) => plain(one) ?? '').join(', ') || null;
  return JSON.stringify(value);
}
