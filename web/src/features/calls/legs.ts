/** What a leg of a call is called. */
import type { Schemas } from '../../api/types';
import { readable } from '../desk/numbers';

/** Account of a seat's device: its extension, a hyphen, and letters that make it unique. */
const DEVICE = /^(\d{2,6})-[a-z0-9]+$/;

/** The gateway port, the person at the seat, the extension of one of two seats, or the number. */
export function legName(
  leg: Pick<Schemas['Leg'], 'party' | 'gateway_port_label'>,
  call: Pick<Schemas['CallSummary'], 'direction' | 'seat_label'>,
): string {
  if (leg.gateway_port_label) return leg.gateway_port_label;
  const extension = DEVICE.exec(leg.party)?.[1];
  if (!extension) return readable(leg.party);
  return call.direction === 'internal' ? extension : (call.seat_label ?? extension);
}
