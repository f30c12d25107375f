/** Numbers as the page speaks of them. */
import type { NumberRow, Schemas, Seat } from '../../api/types';
import type { Tone } from '../../ui/badge';
import type { Option } from '../../ui/select';

/** Where calls to a number go; `nowhere` is a choice too. */
export const NOWHERE = 'nowhere';

/** A flow stands before the seat: that one only takes calls while the flow has no live version. */
export function destinationOf(number: NumberRow): string {
  if (number.flow) return number.flow;
  return number.destination_kind === 'seat' && number.destination_seat ? number.destination_seat : NOWHERE;
}

export function seatName(seat: Seat): string {
  const who = seat.member_name ?? seat.label;
  return who ? `${who}, ${seat.extension}` : seat.extension;
}

type FlowChoice = { id: string; name: string; live?: number | null };

/** Flows, those that calls cannot run yet marked; then active seats, and "nowhere" last. */
export function destinations(
  seats: Seat[],
  nowhere: string,
  flows: FlowChoice[] = [],
  unpublished = '',
): Option<string>[] {
  const active = seats.filter((seat) => seat.state === 'active');
  return [
    ...flows.map((flow) => ({ value: flow.id, label: flow.name, ...(flow.live ? {} : { note: unpublished }) })),
    ...active.map((seat) => ({ value: seat.id, label: seatName(seat) })),
    { value: NOWHERE, label: nowhere },
  ];
}

/** What to send for a choice. Only a seat or nowhere is kept with the number when a flow takes over. */
export function choiceOf(value: string, flows: FlowChoice[]): Schemas['NumberPatch'] {
  if (flows.some((flow) => flow.id === value)) return { flow: value };
  if (value === NOWHERE) return { flow: null, destination_kind: 'nowhere' };
  return { flow: null, destination_kind: 'seat', destination_seat: value };
}

/** The state of an owned number: what is normal is quiet, a number that rings nowhere is not. */
export function toneOf(number: NumberRow): Tone {
  if (number.state === 'assigned') return destinationOf(number) === NOWHERE ? 'line' : 'ok';
  return number.state === 'porting_in' ? 'warn' : 'plain';
}

/** Rows whose number, label or place contains the text; digits may be typed with or without marks. */
export function search(numbers: NumberRow[], text: string): NumberRow[] {
  const low = text.trim().toLowerCase();
  const digits = low.replace(/[\s+()-]/g, '');
  if (!low) return numbers;
  return numbers.filter(
    (one) =>
      one.label.toLowerCase().includes(low) ||
      (one.area ?? '').toLowerCase().includes(low) ||
      (/^\d+$/.test(digits) && one.e164.includes(digits)),
  );
}

/** The gateway port of a number as a person finds it: its own name, then its gateway's. */
export function portOf(number: { gateway_port_label: string; gateway_label: string }): string {
  return [number.gateway_port_label, number.gateway_label].filter(Boolean).join(' · ');
}
