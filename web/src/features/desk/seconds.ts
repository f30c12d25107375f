/**
 * Second calls of the seat: who is asked or has been brought in while a call goes on. The server holds them; here is what the page
 * knows of them, from the answers to its orders and from the feed.
 */
import { useSyncExternalStore } from 'react';
import { api, ok } from '../../api/client';
import { type Frame, live } from '../../api/live';

/** `waits`: hears music while the seat talks to the other party; `joined`: hears everybody. */
export type Stage = 'ringing' | 'talking' | 'waits' | 'joined';
export type Second = { id: string; who: string; stage: Stage };

export type Known = ReadonlyMap<string, readonly Second[]>;

/** What a frame of the feed says of second calls. */
export function heard(known: Known, frame: Frame): Known {
  if (frame.type === 'snapshot') {
    const up = new Set(frame.calls.map((call) => call.call));
    return changed(known, (second) => (up.has(second.id) ? second : null));
  }
  if (frame.type !== 'call') return known;
  const { call, kind } = frame;
  return changed(known, (second) => {
    if (second.id !== call.call) return second;
    if (kind === 'ended') return null;
    return kind === 'answered' && second.stage === 'ringing' ? { ...second, stage: 'talking' } : second;
  });
}

/** Each second call as `next` has it; null takes it out. The same map where nothing changes. */
function changed(known: Known, next: (second: Second) => Second | null): Known {
  let same = true;
  const out = new Map<string, readonly Second[]>();
  for (const [host, seconds] of known) {
    const kept = seconds.map(next).filter((second) => second !== null);
    if (kept.length !== seconds.length || kept.some((second, at) => second !== seconds[at])) same = false;
    if (kept.length > 0) out.set(host, kept);
  }
  return same ? known : out;
}

class Seconds {
  private known: Known = new Map();
  private readonly watchers = new Set<() => void>();

  constructor() {
    live.onFrame((frame) => this.set(heard(this.known, frame)));
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
  snapshot = (): Known => this.known;

  add(host: string, second: Second): void {
    this.set(new Map(this.known).set(host, [...(this.known.get(host) ?? []), second]));
  }
  /** The stage of those that are not joined; `null` forgets them. */
  move(host: string, stage: Stage | null): void {
    const own = this.known.get(host);
    this.set(
      changed(this.known, (second) => {
        if (!own?.includes(second) || second.stage === 'joined') return second;
        return stage === null ? null : { ...second, stage };
      }),
    );
  }

  private set(next: Known): void {
    if (next === this.known) return;
    this.known = next;
    for (const watcher of this.watchers) watcher();
  }
}

const seconds = new Seconds();
const none: readonly Second[] = [];

/** Second calls of this call. */
export function useSeconds(callRef: string | null): readonly Second[] {
  const known = useSyncExternalStore(seconds.subscribe, seconds.snapshot);
  return (callRef && known.get(callRef)) || none;
}

const at = (id: string) => ({ params: { path: { id }, query: {} } });

/** Orders to the server about a call; each throws the problem that stands in the way. */
export const handOver = {
  transfer: async (id: string, called: string): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/transfer', { ...at(id), body: { called } }));
  },
  into: async (id: string, to: { flow: string } | { queue: string }): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/transfer', { ...at(id), body: to }));
  },
  consult: async (id: string, called: string, who: string): Promise<void> => {
    const second = await ok(api.POST('/v1/calls/{id}/consult', { ...at(id), body: { called } }));
    seconds.add(id, { id: second.id, who, stage: 'ringing' });
  },
  swap: async (id: string, to: 'talking' | 'waits'): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/swap', at(id)));
    seconds.move(id, to);
  },
  merge: async (id: string): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/merge', at(id)));
    seconds.move(id, 'joined');
  },
  complete: async (id: string): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/complete', at(id)));
  },
  cancel: async (id: string): Promise<void> => {
    await ok(api.POST('/v1/calls/{id}/cancel-consult', at(id)));
    seconds.move(id, null);
  },
};
