/**
 * What a softphone can do and what it tells. Two worlds fill it: `jssip.ts` talks to the server, `fake.ts` plays a part in
 * tests. The page never sees either: it sees the state that `machine.ts` makes of the events.
 */

/** Where audio goes and comes from; an empty id is the system's choice. */
export type Devices = { microphone: string; speaker: string; ringer: string; processing: boolean };

/** Who is at the other end, as the server told. */
export type RemoteParty = {
  /** Number or extension. */
  number: string;
  /** Name, when the caller sent one. */
  name: string | null;
  /** The company's number or extension that was dialled; empty on outgoing calls. */
  called: string;
  /** The call's id on the server, once known. */
  callRef: string | null;
};

/** Why a call ended, in the words of the platform's causes; the page puts them into the reader's language. */
export type EndReason =
  | 'hung_up_here'
  | 'hung_up_there'
  | 'declined_here'
  | 'answered_elsewhere'
  | 'missed'
  | 'cancelled'
  | 'busy'
  | 'declined'
  | 'no_answer'
  | 'not_found'
  | 'forbidden'
  | 'email_unverified'
  | 'no_credit'
  | 'capped'
  | 'congested'
  | 'unreachable'
  | 'no_common_media'
  | 'microphone'
  | 'connection'
  | 'failed';

/** One sample of a call's quality, as the browser measures it. */
export type Quality = {
  /** Mean opinion score of what we hear, 1 to 4.5; null until enough packets came. */
  mos: number | null;
  /** Round trip in milliseconds. */
  rttMs: number | null;
  /** Share of the far side's packets that never came, 0 to 1, recent. */
  lossIn: number;
  /** Share of ours that never arrived, 0 to 1, recent, from the server's reports. */
  lossOut: number;
  /** Jitter in milliseconds. */
  jitterMs: number;
  /** Codec in words: PCMU, opus. */
  codec: string | null;
};

export type PhoneEvent =
  | { kind: 'connecting' }
  | { kind: 'ready' }
  | { kind: 'lost' }
  | { kind: 'refused'; text: string }
  | { kind: 'elsewhere' }
  | { kind: 'incoming'; id: string; party: RemoteParty }
  | { kind: 'dialled'; id: string; party: RemoteParty }
  | { kind: 'ringing'; id: string; early: boolean; callRef?: string | null }
  | { kind: 'answered'; id: string; callRef: string | null }
  | {
      /** A call that was up before the page was: the server kept our place in it. */
      kind: 'regained';
      id: string;
      party: RemoteParty;
      direction: 'in' | 'out';
      /** When it was answered, milliseconds since 1970. */
      since: number;
    }
  | { kind: 'held'; id: string; by: 'us' | 'them'; on: boolean }
  | { kind: 'muted'; id: string; on: boolean }
  | { kind: 'digit'; id: string; digit: string }
  | { kind: 'quality'; id: string; quality: Quality }
  | { kind: 'ended'; id: string; reason: EndReason; detail: string | null; callRef?: string | null };

export type DialOptions = {
  /** The number to show; absent: the seat's usual one. */
  displayed?: string | undefined;
};

export interface Phone {
  /** Connect and register; goes on trying until stopped. */
  start(): void;
  /** Give the registration back and let go of everything. `keepCall`: the call is not ended, who has the phone next has it. */
  stop(keepCall?: boolean): void;
  dial(number: string, options?: DialOptions): Promise<void>;
  answer(): Promise<void>;
  /** Answer the call that rings, if it is the one with this id on the server. */
  answerCall(callRef: string): void;
  /** End the call in whatever state it is: cancel, decline or hang up. */
  hangUp(): void;
  hold(on: boolean): void;
  mute(on: boolean): void;
  sendDigit(digit: string): void;
  setDevices(devices: Devices): void;
  /** The streams of the call, for meters: ours and the far side's. */
  streams(): { local: MediaStream | null; remote: MediaStream | null };
  onEvent(listener: (event: PhoneEvent) => void): () => void;
}
