/** A gateway as its front shows it: pure, from the server's answer and the calls that run. */
import type { Gateway, GatewayPort, Light, LiveCall } from '../../../api/types';
import type { Tone } from '../../../ui/badge';

export type PortState = 'in_call' | 'ringing' | 'free' | 'fault' | 'offline' | 'off' | 'no_line';

export type PortView = {
  state: PortState;
  /** Milliseconds since 1970 of the oldest call on it. */
  since: number | null;
};

const callOf = (id: string, calls: readonly LiveCall[]) => calls.find((one) => one.call === id);

/** What matters first: a fault, then what is shut off, then calls, then what is missing. */
export function viewPort(port: GatewayPort, calls: readonly LiveCall[]): PortView {
  if (port.light === 'fault') return { state: 'fault', since: null };
  if (!port.enabled) return { state: 'off', since: null };
  if (port.in_use > 0) {
    const running = port.slots.map((slot) => callOf(slot.call, calls)).filter((one) => one !== undefined);
    const ringing = running.length > 0 && running.every((one) => one.state === 'ringing');
    const starts = running.map((one) => Date.parse(one.since)).filter((at) => !Number.isNaN(at));
    return { state: ringing ? 'ringing' : 'in_call', since: starts.length > 0 ? Math.min(...starts) : null };
  }
  if (!port.line && port.numbers.length === 0) return { state: 'no_line', since: null };
  if (port.light === 'offline') return { state: 'offline', since: null };
  return { state: 'free', since: null };
}

export const PORT_TONE: Record<PortState, Tone> = {
  in_call: 'ok',
  ringing: 'info',
  free: 'line',
  fault: 'bad',
  offline: 'bad',
  off: 'plain',
  no_line: 'plain',
};

export type SlotState = 'inbound' | 'outbound' | 'ringing' | 'free' | 'blocked';

/** Every channel of a trunk in order; held slots beyond the limit, after it was lowered, stay visible. */
export function viewSlots(port: GatewayPort, calls: readonly LiveCall[]): SlotState[] {
  const last = Math.max(-1, ...port.slots.map((one) => one.slot));
  const idle: SlotState = port.enabled && port.light !== 'fault' ? 'free' : 'blocked';
  const slots = new Array<SlotState>(Math.max(port.channels, last + 1)).fill(idle);
  for (const { slot, call } of port.slots) {
    const running = callOf(call, calls);
    slots[slot] = running?.state === 'ringing' ? 'ringing' : running?.direction === 'inbound' ? 'inbound' : 'outbound';
  }
  return slots;
}

/** An E1 frame of 32 timeslots: 0 is synchronisation, 16 signalling, 30 carry calls. Fewer channels leave slots blocked. */
export function e1Frame(slots: readonly SlotState[]): (SlotState | 'sync' | 'signalling')[] {
  return Array.from({ length: 32 }, (_, timeslot) => {
    if (timeslot === 0) return 'sync';
    if (timeslot === 16) return 'signalling';
    return slots[timeslot < 16 ? timeslot - 1 : timeslot - 2] ?? 'blocked';
  });
}

export function countStates(gateway: Gateway, calls: readonly LiveCall[]): [PortState, number][] {
  const order: PortState[] = ['in_call', 'ringing', 'free', 'fault', 'offline', 'no_line', 'off'];
  const states = gateway.gateway_ports.map((port) => viewPort(port, calls).state);
  return order
    .map((state): [PortState, number] => [state, states.filter((one) => one === state).length])
    .filter(([, count]) => count > 0);
}

/** Gateways and gateway ports that want a look. */
export function needsAttention(gateways: readonly Gateway[]): number {
  return gateways.reduce((sum, one) => {
    const box = one.light === 'offline' || one.light === 'fault' ? 1 : 0;
    return sum + box + one.gateway_ports.filter((port) => port.light === 'fault').length;
  }, 0);
}

export const LIGHT_TONE: Record<Light, Tone> = { online: 'ok', offline: 'bad', unknown: 'plain', fault: 'bad' };
