/** Dates, money, numbers and spans in the reader's language. */
import i18next from 'i18next';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Money } from '../api/types';

const language = (): string => i18next.resolvedLanguage ?? 'en';

/** A number as its country writes it: +1 415 555 0142. What cannot be read stays as it came. */
export function phone(e164: string): string {
  return parsePhoneNumberFromString(e164)?.formatInternational() ?? e164;
}

/** Money from micro-units; per-minute prices keep their four places. */
export function money(value: Money, places?: number): string {
  const amount = value.micros / 1_000_000;
  const digits = places ?? (Number.isInteger(Math.round(value.micros) / 10_000) ? 2 : 4);
  return new Intl.NumberFormat(language(), {
    style: 'currency',
    currency: value.currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount);
}

/** Adds amounts per currency; a list may mix them. */
export function total(values: Money[]): Money[] {
  const sums = new Map<string, number>();
  for (const { currency, micros } of values) sums.set(currency, (sums.get(currency) ?? 0) + micros);
  return [...sums].map(([currency, micros]) => ({ currency, micros }));
}

/** 0:41, 4:07, 1:02:33. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function date(at: string | number): string {
  return new Intl.DateTimeFormat(language(), { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(at));
}

export function dateTime(at: string | number): string {
  return new Intl.DateTimeFormat(language(), {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));
}

/** In a list of recent things: today's by the clock alone. */
export function recently(at: string | number, now: number): string {
  if (new Date(at).toDateString() !== new Date(now).toDateString()) return dateTime(at);
  return new Intl.DateTimeFormat(language(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    new Date(at),
  );
}

export function time(at: string | number): string {
  return new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** "4 seconds ago", "in 2 days". */
export function ago(at: string | number, now: number): string {
  const gap = new Date(at).getTime() - now;
  const [unit, size] = STEPS.find(([, step]) => Math.abs(gap) >= step) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat(language(), { numeric: 'auto' }).format(Math.round(gap / size), unit);
}

export function country(code: string): string {
  try {
    return new Intl.DisplayNames([language()], { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A mean, with two places. */
export function decimal(value: number): string {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
}

export function count(value: number): string {
  return new Intl.NumberFormat(language()).format(value);
}

/** What a person is called when greeted: the first word, but a Chinese name whole. */
export function givenName(name: string): string {
  const [first = name] = name.trim().split(/\s+/);
  return first;
}
