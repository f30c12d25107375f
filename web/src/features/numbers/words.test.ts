import { expect, it } from 'vitest';
import type { NumberRow, Seat } from '../../api/types';
import { destinationOf, destinations, NOWHERE, portOf, search, seatName, toneOf } from './words';

const number = (over: Partial<NumberRow> = {}): NumberRow => ({
  id: 'num_1',
  e164: '+14155550142',
  label: 'Main line',
  country: 'US',
  area: 'San Francisco',
  kind: 'local',
  state: 'assigned',
  destination_kind: 'seat',
  destination_seat: 'sea_1',
  shown_by_default: false,
  gateway_port: 'gwp_1',
  gateway_port_label: 'Span 1',
  own: false,
  gateway_label: 'Falcon',
  monthly: { micros: 2_000_000, currency: 'USD' },
  claimed_at: '2026-01-01T00:00:00Z',
  ...over,
});

it('names a gateway port together with its gateway', () => {
  expect(portOf(number())).toBe('Span 1 · Falcon');
  expect(portOf(number({ gateway_label: '' }))).toBe('Span 1');
});

it('calls a number idle that rings nowhere', () => {
  expect(toneOf(number())).toBe('ok');
  const idle = number({ destination_kind: 'nowhere', destination_seat: null });
  expect(destinationOf(idle)).toBe(NOWHERE);
  expect(toneOf(idle)).toBe('line');
});

it('offers active seats and nowhere last', () => {
  const seat = (id: string, state: Seat['state'], member_name: string | null) =>
    ({ id, state, extension: '101', label: 'Front desk', member_name }) as Seat;
  const found = destinations([seat('a', 'active', null), seat('b', 'released', null)], 'Nowhere');
  expect(found.map((one) => one.value)).toEqual(['a', NOWHERE]);
  expect(seatName(seat('a', 'active', 'Elena'))).toBe('Elena, 101');
  expect(seatName(seat('a', 'active', null))).toBe('Front desk, 101');
});

it('finds by digits in any writing, label and place', () => {
  const all = [number(), number({ id: 'num_2', e164: '+442079460321', label: '', area: 'London' })];
  expect(search(all, '(415) 555-01').map((one) => one.id)).toEqual(['num_1']);
  expect(search(all, 'lond').map((one) => one.id)).toEqual(['num_2']);
  expect(search(all, ' ')).toHaveLength(2);
  expect(search(all, 'zebra')).toEqual([]);
});
