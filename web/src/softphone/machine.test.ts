import { describe, expect, it } from 'vitest';
import { initialState, may, type PhoneState, reduce } from './machine';
import type { PhoneEvent, RemoteParty } from './phone';

const party: RemoteParty = { number: '+14155550132', name: 'Helena', called: '', callRef: null };

function play(...events: [number, PhoneEvent][]): PhoneState {
  return events.reduce((state, [at, event]) => reduce(state, event, at), initialState);
}

const dialled: [number, PhoneEvent][] = [
  [0, { kind: 'connecting' }],
  [100, { kind: 'ready' }],
  [1_000, { kind: 'dialled', id: 'a', party }],
];

describe('the phone', () => {
  it('keeps the record of a call that was refused', () => {
    const state = play(...dialled, [
      2_000,
      { kind: 'ended', id: 'a', reason: 'busy', detail: null, callRef: 'call_7' },
    ]);
    expect(state.last?.party.callRef).toBe('call_7');
  });

  it('shows a call that was up before the page was, and what it knew of it', () => {
    const kept: PhoneEvent = {
      kind: 'regained',
      id: 'b',
      party: { ...party, name: null, callRef: 'call_1' },
      direction: 'out',
      since: 5_000,
    };
    const anew = play([9_000, { kind: 'connecting' }], [9_100, { kind: 'ready' }], [9_300, kept]);
    expect(anew.call).toMatchObject({ id: 'b', stage: 'talking', answeredAt: 5_000, direction: 'out' });
    const same = play(
      ...dialled,
      [5_000, { kind: 'answered', id: 'a', callRef: 'call_1' }],
      [6_000, { kind: 'digit', id: 'a', digit: '4' }],
      [9_000, kept],
      [9_100, { kind: 'ended', id: 'a', reason: 'failed', detail: null }],
    );
    expect(same.call).toMatchObject({ id: 'b', digits: '4', party: { name: 'Helena' } });
  });

  it('counts talk time from the answer, not from the dialling', () => {
    const state = play(
      ...dialled,
      [2_000, { kind: 'ringing', id: 'a', early: false }],
      [5_000, { kind: 'answered', id: 'a', callRef: 'call_1' }],
      [65_000, { kind: 'ended', id: 'a', reason: 'hung_up_there', detail: null }],
    );
    expect(state.last).toMatchObject({ talkMs: 60_000, reason: 'hung_up_there', party: { callRef: 'call_1' } });
    expect(state.call).toBeNull();
  });

  it('keeps a call through a lost connection, but cannot hold during it', () => {
    const state = play(...dialled, [2_000, { kind: 'answered', id: 'a', callRef: null }], [3_000, { kind: 'lost' }]);
    expect(state.line).toBe('reconnecting');
    expect(state.call?.stage).toBe('talking');
    expect(may.hold(state)).toBe(false);
    expect(may.mute(state)).toBe(true);
    expect(may.hold(reduce(state, { kind: 'ready' }, 4_000))).toBe(true);
  });

  it('ignores what belongs to another call', () => {
    const state = play(...dialled, [2_000, { kind: 'ended', id: 'other', reason: 'busy', detail: null }]);
    expect(state.call?.id).toBe('a');
  });

  it('tells the two holds apart', () => {
    const talking = play(...dialled, [2_000, { kind: 'answered', id: 'a', callRef: null }]);
    const both = reduce(
      reduce(talking, { kind: 'held', id: 'a', by: 'us', on: true }, 3),
      { kind: 'held', id: 'a', by: 'them', on: true },
      4,
    );
    const ours = reduce(both, { kind: 'held', id: 'a', by: 'us', on: false }, 5);
    expect(ours.call).toMatchObject({ heldByUs: false, heldByThem: true });
  });

  it('lets digits through to an announcement before the answer', () => {
    const early = play(...dialled, [2_000, { kind: 'ringing', id: 'a', early: true }]);
    expect(may.sendDigit(early)).toBe(true);
    expect(may.sendDigit(play(...dialled, [2_000, { kind: 'ringing', id: 'a', early: false }]))).toBe(false);
  });

  it('does not dial while another tab has the phone', () => {
    expect(may.dial(play([0, { kind: 'ready' }], [1, { kind: 'elsewhere' }]))).toBe(false);
  });
});
