import { expect, it } from 'vitest';
import { errorCode, errorWords, lightReason, type Say, sipMeaning, verdictReason } from './words';

const say: Say = (key, values) => (values ? `${key} ${JSON.stringify(values)}` : key);

it('tells a SIP status by its own words, or by its class', () => {
  expect(sipMeaning(403, say)).toBe('sip.403');
  expect(sipMeaning(499, say)).toBe('sip.4xx');
  expect(sipMeaning(599, say)).toBe('sip.5xx');
  expect(sipMeaning(606, say)).toBe('sip.6xx');
  expect(sipMeaning(null, say)).toBeNull();
});

it('tells why a light is on or off with its figures', () => {
  const some = { code: 'gateway_ports_registered', up: 1, of: 2 } as const;
  expect(lightReason({ light_reason: some }, say)).toBe('reason.gateway_ports_registered {"contact":"","up":1,"of":2}');
  const refused = { code: 'registration_refused', sip_code: 403, phrase: 'Forbidden' } as const;
  expect(lightReason({ light_reason: refused }, say)).toBe('reason.registration_refused {"contact":""} sip.403');
});

it('keeps the far side’s own words for the foot of an error', () => {
  const error = { at: '2026-01-01T00:00:00Z', code: 'call_failed', sip_code: 503, phrase: 'No line' } as const;
  expect(errorWords(error, say)).toEqual({ title: 'error.call_failed', text: 'sip.503' });
  expect(errorCode(error, '10:38')).toBe('SIP 503 No line, 10:38');
  expect(errorCode({ ...error, sip_code: null }, '10:38')).toBe('10:38');
});

it('explains a verdict only where its own words leave a question', () => {
  expect(verdictReason({ key: 'refused', sip_code: 403, cause: 'forbidden' }, say)).toBe('sip.403');
  expect(verdictReason({ key: 'refused', sip_code: null, cause: 'bad_number' }, say)).toBe('desk:cause.bad_number');
  expect(verdictReason({ key: 'busy', sip_code: 486, cause: 'busy' }, say)).toBeNull();
});
