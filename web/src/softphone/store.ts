/**
 * Holds the phone's state for the page, rings, and keeps the phone in one tab.
 *
 * A Web Lock per person says which tab has the phone; taking it over steals the lock and the other tab lets go.
 */
import { readDevices } from './devices';
import { noteCall } from './in-call';
import { initialState, type PhoneState, reduce } from './machine';
import type { Phone, PhoneEvent } from './phone';
import { RING, RINGBACK, Ringer } from './ringer';

export class PhoneStore {
  private state: PhoneState = initialState;
  private readonly listeners = new Set<() => void>();
  private readonly ringer = new Ringer();
  private ringing: 'ring' | 'ringback' | null = null;
  private release: (() => void) | null = null;
  private waiting: AbortController | null = null;
  private over = false;

  constructor(
    readonly phone: Phone,
    private readonly lockName: string,
    private readonly now: () => number = Date.now,
  ) {
    phone.onEvent((event) => this.on(event));
  }

  /** Arrow functions: they are handed to `useSyncExternalStore` without their object. */
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): PhoneState => this.state;

  /** Starts here unless another tab has the phone; `steal` takes it from there. */
  start(steal = false): void {
    if (this.release) return;
    this.over = false;
    this.waiting?.abort();
    if (!navigator.locks) {
      this.phone.start();
      return;
    }
    const options = steal ? { steal: true } : { ifAvailable: true };
    void navigator.locks
      .request(this.lockName, options, async (lock) => (lock ? this.hold() : this.giveWay()))
      // Another tab stole the lock.
      .catch(() => this.giveWay());
  }

  stop(): void {
    this.over = true;
    this.waiting?.abort();
    this.release?.();
    this.release = null;
    this.letGo();
  }

  /** Keeps the lock as long as the promise is open. */
  private async hold(): Promise<void> {
    if (this.over) return;
    this.phone.start();
    await new Promise<void>((done) => {
      this.release = done;
    });
  }

  /** Says that another tab has the phone. When that tab is closed the phone is ours, without a click. */
  private giveWay(): void {
    if (this.over) return;
    this.letGo(true);
    this.on({ kind: 'elsewhere' });
    this.waiting?.abort();
    const waiting = new AbortController();
    this.waiting = waiting;
    navigator.locks
      .request(this.lockName, { signal: waiting.signal }, () => this.hold())
      .catch(() => {
        if (!waiting.signal.aborted) this.giveWay();
      });
  }

  /** `keepCall`: another tab has the phone now, and the call with it. */
  private letGo(keepCall = false): void {
    this.release = null;
    this.phone.stop(keepCall);
    this.ring(null);
  }

  private on(event: PhoneEvent): void {
    const next = reduce(this.state, event, this.now());
    if (next === this.state) return;
    this.state = next;
    const call = next.call;
    // A page that has just come gets its call back, or does not, after the phone is ready.
    if (call || next.last) noteCall(call?.stage === 'talking');
    const waits = call?.direction === 'out' && call.stage === 'ringing' && !call.early;
    this.ring(call?.stage === 'incoming' ? 'ring' : waits ? 'ringback' : null);
    for (const listener of this.listeners) listener();
  }

  private ring(what: 'ring' | 'ringback' | null): void {
    if (what === this.ringing) return;
    this.ringing = what;
    const devices = readDevices();
    if (what === 'ring') this.ringer.ring(RING, devices.ringer);
    else if (what === 'ringback') this.ringer.ring(RINGBACK, devices.speaker);
    else this.ringer.stop();
  }
}
