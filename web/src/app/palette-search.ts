/** What the palette finds. */

/** Entries whose words contain every typed word; those that begin with the text come first. */
export function find<E>(entries: E[], text: string, words: (entry: E) => string): E[] {
  const wanted = text.toLowerCase().trim();
  if (!wanted) return entries.slice(0, 12);
  const parts = wanted.split(/\s+/);
  const plain = wanted.replace(/[\s+()-]/g, '');
  const hits = entries.filter((entry) => {
    const low = words(entry).toLowerCase();
    if (parts.every((part) => low.includes(part))) return true;
    return /^\d{3,}$/.test(plain) && low.replace(/[\s+()-]/g, '').includes(plain);
  });
  const first = (entry: E) => (words(entry).toLowerCase().startsWith(wanted) ? 0 : 1);
  return hits.sort((one, other) => first(one) - first(other)).slice(0, 12);
}

/** Typed text as something to dial, or null: digits with the usual marks, an extension, a star code. */
export function dialable(text: string): string | null {
  const tight = text.replace(/[\s().-]/g, '');
  return /^(\+?\d{3,15}|\*\d{2,3})$/.test(tight) ? tight : null;
}
