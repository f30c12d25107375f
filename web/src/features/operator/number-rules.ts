/** Blocks of numbers: what is typed, and what will be made of it. */

export const BLOCK_MAX = 1000;

/** "+1 415 555 0100" as E.164, or null. */
export function e164(text: string): string | null {
  const tight = text.replace(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(tight) ? tight : null;
}

/** The last number of a block; null when the block runs out of its digits. */
export function lastOf(first: string, count: number): string | null {
  if (!Number.isInteger(count) || count < 1 || count > BLOCK_MAX) return null;
  const digits = first.slice(1);
  const last = (BigInt(digits) + BigInt(count - 1)).toString();
  return last.length === digits.length ? `+${last}` : null;
}
