/** What gateways are and suffer, put into the reader's words from the codes that the server gives. Pure. */
import type { Gateway, GatewayPort, Schemas, TestVerdict } from '../../../api/types';

/** Looks a text up; an unknown key gives the fallback. */
export type Say = (key: string, values?: Record<string, unknown>) => string;

/** SIP answers that have words of their own; the others are told by the class they are of. */
const KNOWN = new Set([401, 403, 404, 407, 408, 480, 486, 487, 488, 500, 502, 503, 504, 603]);

/** What a SIP status means for someone who sets a gateway up. */
export function sipMeaning(code: number | null | undefined, say: Say): string | null {
  if (!code) return null;
  if (KNOWN.has(code)) return say(`sip.${code}`);
  return say(code >= 600 ? 'sip.6xx' : code >= 500 ? 'sip.5xx' : code >= 400 ? 'sip.4xx' : 'sip.other');
}

/** Why the light is what it is. */
export function lightReason(gateway: Pick<Gateway, 'light_reason'>, say: Say): string {
  const { code, contact, up, of, sip_code } = gateway.light_reason;
  const meaning = sipMeaning(sip_code, say);
  const text = say(`reason.${code}`, { contact: contact ?? '', up, of });
  return meaning ? `${text} ${meaning}` : text;
}

/** What went wrong last: what failed, what that means, and the code for those who look it up. */
export function errorWords(error: Schemas['GatewayError'], say: Say): { title: string; text: string | null } {
  return { title: say(`error.${error.code}`), text: sipMeaning(error.sip_code, say) };
}

/** The code at the foot of an error. */
export function errorCode(error: Schemas['GatewayError'], at: string): string {
  return [error.sip_code && `SIP ${error.sip_code}${error.phrase ? ` ${error.phrase}` : ''}`, at]
    .filter(Boolean)
    .join(', ');
}

/** More than the verdict's own words: what the far side or our own rules said. */
export function verdictReason(verdict: Pick<TestVerdict, 'key' | 'sip_code' | 'cause'>, say: Say): string | null {
  if (verdict.key === 'ok' || verdict.key === 'busy') return null;
  return sipMeaning(verdict.sip_code, say) ?? (verdict.cause ? say(`desk:cause.${verdict.cause}`) : null);
}

/** What stands in the last line of a SIM card: an error, its renter, or that nobody rents it. */
export function simFoot(port: Pick<GatewayPort, 'last_error' | 'numbers'>, say: Say): string {
  if (port.last_error) return say(`error.${port.last_error.code}`);
  return port.numbers[0]?.company ?? say('inspect.not_rented');
}
