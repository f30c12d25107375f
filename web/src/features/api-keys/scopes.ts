/** Scopes that keys can have: those that some operation of the API takes, with what they open. */
import type { Document } from '../../api/document';

export type Verb = 'read' | 'write' | 'operate';
export const VERBS: readonly Verb[] = ['read', 'write', 'operate'];

export type Scope = { code: string; verb: Verb; opens: string[] };
export type ScopeGroup = { resource: string; scopes: Scope[] };

/** By resource, in the order of the document; `opens` are the operations' summaries. Those of people are more than those of keys. */
export function scopeGroups(document: Pick<Document, 'paths'>, whose: 'api_key' | 'user' = 'api_key'): ScopeGroup[] {
  const found = new Map<string, Map<Verb, string[]>>();
  for (const item of Object.values(document.paths))
    for (const operation of Object.values(item))
      for (const way of operation.security ?? [])
        for (const code of way[whose] ?? []) {
          const [resource = '', verb = ''] = code.split(':');
          if (!isVerb(verb)) continue;
          const verbs = found.get(resource) ?? new Map<Verb, string[]>();
          found.set(resource, verbs);
          verbs.set(verb, [...(verbs.get(verb) ?? []), operation.summary ?? operation.operationId]);
        }
  return [...found].map(([resource, verbs]) => ({
    resource,
    scopes: VERBS.flatMap((verb) => {
      const opens = verbs.get(verb);
      return opens ? [{ code: `${resource}:${verb}`, verb, opens }] : [];
    }),
  }));
}

const isVerb = (word: string): word is Verb => (VERBS as readonly string[]).includes(word);

/** All scopes of the groups that a person has, or those of one verb. */
export function scopesOf(groups: ScopeGroup[], mine: readonly string[], verb?: Verb): string[] {
  const all = groups.flatMap((group) => group.scopes).filter((scope) => !verb || scope.verb === verb);
  return all.map((scope) => scope.code).filter((code) => mine.includes(code));
}

/** Networks out of whatever was pasted: lines, commas, spaces. */
export function networks(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

const DAY_MS = 86_400_000;

/** When a key made now ends: a choice in days, `never`, or the end of a chosen day (`2026-03-01`) where the reader is. */
export function endOf(choice: string, day: string, now: number): string | null {
  if (choice === 'never') return null;
  if (choice === 'day') {
    const end = new Date(`${day}T23:59:59`);
    return Number.isNaN(end.getTime()) ? null : end.toISOString();
  }
  return new Date(now + Number(choice) * DAY_MS).toISOString();
}

/** How a key's end reads: past, near (within two weeks), or far. */
export function nearness(at: string | null | undefined, now: number): 'none' | 'past' | 'near' | 'far' {
  if (!at) return 'none';
  const gap = new Date(at).getTime() - now;
  if (gap <= 0) return 'past';
  return gap < 14 * DAY_MS ? 'near' : 'far';
}
