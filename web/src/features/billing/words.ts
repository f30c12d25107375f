/** How amounts, days and lengths of bills are written. */
import { money } from '../../i18n/format';

/** To the last place that counts: two at least, six at most. */
export function exact(micros: number, currency: string): string {
  const part = String(Math.abs(micros) % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return money({ micros, currency }, Math.max(2, part.length));
}

/** A day as the reader writes it; `2026-03-29` is no instant and shifts by no time zone. */
export function day(text: string, language: string): string {
  const [year = 0, month = 1, of = 1] = text.split('-').map(Number);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    Date.UTC(year, month - 1, of),
  );
}

/** The month that begins on this day. */
export function month(text: string, language: string): string {
  const [year = 0, of = 1] = text.split('-').map(Number);
  return new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    Date.UTC(year, of - 1, 1),
  );
}

/** Whole and begun minutes, as people count them. */
export function minutes(seconds: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'short' }).format(
    Math.ceil(seconds / 60),
  );
}
