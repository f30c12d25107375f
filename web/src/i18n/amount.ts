/** Amounts as people type them: exact micro-units or nothing, never by way of a floating point number. */

const MOST = 100_000_000_000_000;

/** Micro-units of `12.5` or `12,5`; null for anything else, more than six decimals and more than 100,000,000. */
export function micros(text: string): number | null {
  const found = /^(\d{1,9})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (!found) return null;
  const value = Number(found[1]) * 1_000_000 + Number((found[2] ?? '').padEnd(6, '0'));
  return value <= MOST ? value : null;
}

/** As in fields: without needless zeros. */
export function written(value: number): string {
  const whole = Math.floor(value / 1_000_000);
  const part = String(value % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return part ? `${whole}.${part}` : String(whole);
}
