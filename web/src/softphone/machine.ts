/** The phone as a pure reducer: `(state, event, now) -> state`. No clock, no socket, no React. */
import type { EndReason, PhoneEvent, Quality, RemoteParty } from './phone';

export type Line = 'off' | 'connecting' | 'ready' | 'reconnecting' | 'elsewhere' | 'refused';
export type Stage = 'incoming' | 'dialling' | 'ringing' | 'talking';

export type PhoneCall = {
  id: string;
  direction: 'in' | 'out';
  party: RemoteParty;
  stage: Stage;
  /** Milliseconds since 1970. */
  startedAt: number;
  answeredAt: number | null;
  /** The far end's own audio is heard before the answer: no ringback of ours. */
  early: boolean;
  muted: boolean;
  heldByUs: boolean;
  heldByThem: boolean;
  digits: string;
  quality: Quality | null;
};

export type EndedCall = {
  id: string;
  direction: 'in' | 'out';
  party: RemoteParty;
  reason: EndReason;
  detail: string | null;
  endedAt: number;
  /** Zero when it was never answered. */
  talkMs: number;
};

export type PhoneState = {
  line: Line;
  /** Why the line was refused, in the server's words. */
  fault: string | null;
  call: PhoneCall | null;
  last: EndedCall | null;
};

export const initialState: PhoneState = { line: 'off', fault: null, call: null, last: null };

/** Digits kept on screen; older ones scroll out. */
const DIGITS_SHOWN = 32;

export function reduce(state: PhoneState, event: PhoneEvent, now: number): PhoneState {
  switch (event.kind) {
    case 'connecting':
      return {
        ...state,
        line: state.line === 'ready' || state.line === 'reconnecting' ? 'reconnecting' : 'connecting',
      };
    case 'ready':
      return { ...state, line: 'ready', fault: null };
    case 'lost':
      return { ...state, line: state.line === 'elsewhere' ? 'elsewhere' : 'reconnecting' };
    case 'refused':
      return { ...state, line: 'refused', fault: event.text };
    case 'elsewhere':
      return { ...state, line: 'elsewhere', call: null };
    case 'incoming':
    case 'dialled':
      // One call at a time: a second one is turned away by the phone itself, so an event for it would be a fault of ours.
      return state.call ? state : { ...state, call: begun(event, now), last: null };
    case 'regained':
      return { ...state, call: regained(event, state.call), last: null };
    case 'ringing':
    case 'answered':
    case 'held':
    case 'muted':
    case 'digit':
    case 'quality':
      return state.call?.id === event.id ? { ...state, call: advance(state.call, event, now) } : state;
    case 'ended':
      return state.call?.id === event.id ? { ...state, call: null, last: ended(state.call, event, now) } : state;
  }
}

function begun(event: Extract<PhoneEvent, { kind: 'incoming' | 'dialled' }>, now: number): PhoneCall {
  return {
    id: event.id,
    direction: event.kind === 'incoming' ? 'in' : 'out',
    party: event.party,
    stage: event.kind === 'incoming' ? 'incoming' : 'dialling',
    startedAt: now,
    answeredAt: null,
    early: false,
    muted: false,
    heldByUs: false,
    heldByThem: false,
    digits: '',
    quality: null,
  };
}

/** As it was; what the page knew of the same call, it still knows. */
function regained(event: Extract<PhoneEvent, { kind: 'regained' }>, before: PhoneCall | null): PhoneCall {
  const same = before !== null && before.party.callRef !== null && before.party.callRef === event.party.callRef;
  return {
    id: event.id,
    direction: event.direction,
    party: same ? before.party : event.party,
    stage: 'talking',
    startedAt: same ? before.startedAt : event.since,
    answeredAt: event.since,
    early: false,
    muted: false,
    heldByUs: false,
    heldByThem: same && before.heldByThem,
    digits: same ? before.digits : '',
    quality: null,
  };
}

/** The party with the record's id, once the server told it. */
const referred = (party: RemoteParty, callRef?: string | null): RemoteParty => ({
  ...party,
  callRef: callRef ?? party.callRef,
});

type Step = Extract<PhoneEvent, { kind: 'ringing' | 'answered' | 'held' | 'muted' | 'digit' | 'quality' }>;

function advance(call: PhoneCall, event: Step, now: number): PhoneCall {
  switch (event.kind) {
    case 'ringing':
      return call.stage === 'dialling' || call.stage === 'ringing'
        ? { ...call, stage: 'ringing', early: call.early || event.early, party: referred(call.party, event.callRef) }
        : call;
    case 'answered':
      return {
        ...call,
        stage: 'talking',
        answeredAt: call.answeredAt ?? now,
        party: referred(call.party, event.callRef),
      };
    case 'held':
      return event.by === 'us' ? { ...call, heldByUs: event.on } : { ...call, heldByThem: event.on };
    case 'muted':
      return { ...call, muted: event.on };
    case 'digit':
      return { ...call, digits: (call.digits + event.digit).slice(-DIGITS_SHOWN) };
    case 'quality':
      return { ...call, quality: event.quality };
  }
}

function ended(call: PhoneCall, event: Extract<PhoneEvent, { kind: 'ended' }>, now: number): EndedCall {
  return {
    id: call.id,
    direction: call.direction,
    party: referred(call.party, event.callRef),
    reason: event.reason,
    detail: event.detail,
    endedAt: now,
    talkMs: call.answeredAt === null ? 0 : now - call.answeredAt,
  };
}

/** What may be done now; a reason stands where something may not. Mirrors `server/call/src/call.rs`. */
export const may = {
  dial: (state: PhoneState): boolean => state.line === 'ready' && state.call === null,
  answer: (state: PhoneState): boolean => state.call?.stage === 'incoming',
  hangUp: (state: PhoneState): boolean => state.call !== null,
  mute: (state: PhoneState): boolean => state.call?.stage === 'talking',
  /** Needs a re-INVITE, so it needs the connection too. */
  hold: (state: PhoneState): boolean => state.call?.stage === 'talking' && state.line === 'ready',
  sendDigit: (state: PhoneState): boolean =>
    state.call?.stage === 'talking' || (state.call?.stage === 'ringing' && state.call.early),
};
