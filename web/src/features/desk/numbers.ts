/** What a person typed, as it is dialled; what is dialled, as a person reads it. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Longest extension or service code that is dialled as it is. */
const SHORT = 6;

/**
 * The dial string of a typed text: international numbers in E.164, national ones completed with the company's country,
 * extensions and star codes untouched. Null when it cannot be dialled.
 */
export function dialString(typed: string, country: string): string | null {
  const text = typed.trim();
  const bare = text.replace(/[\s().\-/\u00a0]/g, '');
  if (!/^\+?[\d*#]+$/.test(bare)) return null;
  if (/[*#]/.test(bare) || (!bare.startsWith('+') && bare.length <= SHORT)) return bare;
  const number = parsePhoneNumberFromString(text, country as never);
  return number?.isPossible() ? number.number : null;
}

/** The service that sends back what it hears. */
export const ECHO = '*43';

/** A party's number for reading: public numbers spaced, extensions as they are. */
export function readable(number: string): string {
  if (!number.startsWith('+')) return number;
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number;
}

/** What the other side of a call is called: its name, "Echo" for the service, else its number. */
export function titleOf(party: { name: string | null; number: string }, echo: string): string {
  return party.name ?? (party.number === ECHO ? echo : readable(party.number));
}
