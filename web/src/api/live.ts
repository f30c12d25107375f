/**
 * The event feed: one WebSocket with resume. Each connection buys a single-use ticket and says the last event it saw; the
 * server sends what was missed, or `resync` when it was too much.
 */
import { api, ok } from './client';
import type { EventEntry, LiveCall } from './types';

export type CallKind =
  | 'ringing'
  | 'answered'
  | 'held'
  | 'resumed'
  | 'reconnecting'
  | 'reconnected'
  | 'parked'
  | 'picked_up'
  | 'ended';

export type Frame =
  | { type: 'hello'; seq: number }
  | { type: 'event'; event: EventEntry }
  | { type: 'call'; call: LiveCall; kind: CallKind }
  | { type: 'device'; device: string; contacts: number }
  | { type: 'answer'; call: string; seat: string }
  | { type: 'queues' }
  | { type: 'snapshot'; calls: LiveCall[] }
  | { type: 'cursor'; seq: number }
  | { type: 'resync'; seq: number };

export type LiveState = 'off' | 'connecting' | 'open' | 'lost';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** The server pings every 20 s; a browser hides pings, so silence is judged by the socket's own close. */

export type LiveDeps = {
  ticket: () => Promise<string>;
  socket: (url: string) => WebSocket;
  url: (ticket: string, after: number | null) => string;
};

export class LiveFeed {
  private state: LiveState = 'off';
  private after: number | null = null;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private wait = FIRST_WAIT_MS;
  private round = 0;
  private readonly listeners = new Set<(frame: Frame) => void>();
  private readonly watchers = new Set<() => void>();

  constructor(private readonly deps: LiveDeps = browserDeps) {}

  onFrame(listener: (frame: Frame) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  snapshot = (): LiveState => this.state;

  start(): void {
    if (this.state !== 'off') return;
    this.set('connecting');
    void this.connect();
  }

  /** Ends the feed and forgets the cursor: the next start may be another company's. */
  stop(): void {
    this.round += 1;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.after = null;
    this.wait = FIRST_WAIT_MS;
    this.set('off');
    this.socket?.close();
    this.socket = null;
  }

  /** Tries at once instead of waiting out the pause, for example when the browser says it is online again. */
  hurry(): void {
    if (this.state !== 'lost' || !this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    void this.connect();
  }

  private async connect(): Promise<void> {
    this.round += 1;
    const round = this.round;
    let ticket: string;
    try {
      ticket = await this.deps.ticket();
    } catch {
      if (round === this.round) this.later();
      return;
    }
    if (round !== this.round) return;
    const socket = this.deps.socket(this.deps.url(ticket, this.after));
    this.socket = socket;
    socket.onmessage = (message) => {
      if (round === this.round) this.take(message.data);
    };
    socket.onclose = () => {
      if (round === this.round) this.later();
    };
  }

  private take(data: unknown): void {
    let frame: Frame;
    try {
      frame = JSON.parse(String(data)) as Frame;
    } catch {
      return;
    }
    if (frame.type === 'hello') {
      // After a gap the server replays from our cursor; only the first hello sets it.
      this.after ??= frame.seq;
      this.wait = FIRST_WAIT_MS;
      this.set('open');
    }
    if (frame.type === 'event') this.after = Math.max(this.after ?? 0, frame.event.seq);
    if (frame.type === 'cursor') this.after = Math.max(this.after ?? 0, frame.seq);
    // A place that was never in this log may be ahead of it: the server's word counts.
    if (frame.type === 'resync') this.after = frame.seq;
    for (const listener of this.listeners) listener(frame);
  }

  private later(): void {
    this.socket = null;
    this.set('lost');
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.connect();
    }, this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  private set(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }
}

const browserDeps: LiveDeps = {
  ticket: async () => (await ok(api.POST('/v1/live/ticket'))).ticket,
  socket: (url) => new WebSocket(url),
  url: (ticket, after) => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const cursor = after === null ? '' : `&after=${after}`;
    return `${scheme}://${location.host}/v1/live?ticket=${encodeURIComponent(ticket)}${cursor}`;
  },
};

export const live = new LiveFeed();
