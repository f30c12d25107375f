import { describe, expect, it } from 'vitest';
import type { Gateway, GatewayPort, LiveCall } from '../../../api/types';
import { countStates, e1Frame, needsAttention, viewPort, viewSlots } from './view';

const port = (over: Partial<GatewayPort> = {}): GatewayPort => ({
  id: 'gwp_1',
  gateway: 'gw_1',
  ordinal: 1,
  label: 'Line 1',
  kind: 'fxo_port',
  channels: 1,
  in_use: 0,
  slots: [],
  light: 'online',
  rental: 'exclusive',
  monthly: { micros: 0, currency: 'USD' },
  enabled: true,
  priority: 10,
  weight: 1,
  inbound_reserve: 0,
  rules: {},
  line: { id: 'lin_1', gateway_port: 'gwp_1', kind: 'analog_line', carrier: 'Pennine', label: '8841' },
  numbers: [],
  ...over,
});
const call = (id: string, over: Partial<LiveCall> = {}): LiveCall => ({
  call: id,
  direction: 'inbound',
  state: 'talking',
  caller: '+14155550132',
  called: '+442079460107',
  since: '2026-01-01T00:00:10Z',
  ...over,
});
const held = (...calls: string[]) => ({ in_use: calls.length, slots: calls.map((one, slot) => ({ slot, call: one })) });

describe('a gateway port', () => {
  it('says what matters first', () => {
    expect(viewPort(port(), []).state).toBe('free');
    expect(viewPort(port({ light: 'fault', ...held('a') }), [call('a')]).state).toBe('fault');
    expect(viewPort(port({ enabled: false }), []).state).toBe('off');
    expect(viewPort(port({ line: null }), []).state).toBe('no_line');
    expect(viewPort(port({ light: 'offline' }), []).state).toBe('offline');
  });

  it('rings only while every call on it rings, and counts from the oldest', () => {
    const two = port({ channels: 2, ...held('a', 'b') });
    const ringing = call('a', { state: 'ringing' });
    expect(viewPort(two, [ringing, call('b', { state: 'ringing' })]).state).toBe('ringing');
    const mixed = viewPort(two, [ringing, call('b', { since: '2026-01-01T00:00:05Z' })]);
    expect(mixed).toEqual({ state: 'in_call', since: Date.parse('2026-01-01T00:00:05Z') });
  });

  it('is in a call even when the call itself is not in the list yet', () => {
    expect(viewPort(port(held('a')), [])).toEqual({ state: 'in_call', since: null });
  });
});

describe('timeslots', () => {
  it('shows each channel by its call', () => {
    const span = port({ kind: 'e1_span', channels: 4, ...held('a', 'b', 'c') });
    const calls = [call('a'), call('b', { direction: 'outbound' }), call('c', { state: 'ringing' })];
    expect(viewSlots(span, calls)).toEqual(['inbound', 'outbound', 'ringing', 'free']);
  });

  it('keeps calls visible beyond a lowered limit and blocks what is out of service', () => {
    const span = port({ channels: 1, enabled: false, in_use: 1, slots: [{ slot: 2, call: 'a' }] });
    expect(viewSlots(span, [call('a')])).toEqual(['blocked', 'blocked', 'inbound']);
  });

  it('lays 30 channels round the signalling slot', () => {
    const frame = e1Frame(new Array(30).fill('free'));
    expect([frame.length, frame[0], frame[16]]).toEqual([32, 'sync', 'signalling']);
    expect(frame.filter((one) => one === 'free')).toHaveLength(30);
    const fewer = e1Frame(['inbound', ...new Array(14).fill('free'), 'outbound']);
    expect([fewer[1], fewer[17], fewer[18]]).toEqual(['inbound', 'outbound', 'blocked']);
  });
});

it('counts states and what needs a look', () => {
  const box = {
    light: 'offline',
    gateway_ports: [port(), port({ light: 'fault' }), port(held('a'))],
  } as Gateway;
  expect(countStates(box, [call('a')])).toEqual([
    ['in_call', 1],
    ['free', 1],
    ['fault', 1],
  ]);
  expect(needsAttention([box])).toBe(2);
});
