/**
 * Holds the phone's state for the page, rings, and keeps the phone in one tab.
 *
 * A Web Lock per person says which tab has the phone; taking it over steals the lock and the other tab lets go.
 */
import { readDevices } from './devices';
import { initialState, type PhoneState, reduce } from './machine';
import type { Phone, PhoneEvent } from './phone';
import { RING, RINGBACK, Ringer } from './ringer';

export class PhoneStore {
  private state: PhoneState = initialState;
  private readonly listeners = new Set<() => void>();
  private readonly ringer = new Ringer();
  private ringing: 'ring' | 'ringback' | null = null;
  private release: (() => void) | null = null;

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
    if (!navigator.locks) {
      this.phone.start();
      return;
    }
    const options = steal ? { steal: true } : { ifAvailable: true };
    void navigator.locks
      .request(this.lockName, options, async (lock) => {
        if (!lock) {
          this.on({ kind: 'elsewhere' });
          void this.waitForTurn();
          return;
        }
        await this.hold();
      })
      // Another tab stole the lock.
      .catch(() => {
        this.letGo();
        this.on({ kind: 'elsewhere' });
      });
  }

  stop(): void {
    this.release?.();
    this.release = null;
    this.letGo();
  }

  private hold(): Promise<void> {
    this.phone.start();
    return new Promise((done) => {
      this.release = done;
    });
  }

  /** The tab that has the phone may be closed: then it is ours, without a click. */
  private async waitForTurn(): Promise<void> {
    await navigator.locks
      .request(this.lockName, async () => {
        if (this.state.line === 'elsewhere') await this.hold();
      })
      .catch(() => {
        this.letGo();
        this.on({ kind: 'elsewhere' });
      });
  }

  private letGo(): void {
    this.release = null;
    this.phone.stop();
    this.ring(null);
  }

  private on(event: PhoneEvent): void {
    const next = reduce(this.state, event, this.now());
    if (next === this.state) return;
    this.state = next;
    const call = next.call;
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
