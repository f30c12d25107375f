import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Frame, LiveFeed } from './live';
import { touched } from './query';

class FakeSocket {
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {}
  close() {
    this.closed = true;
  }
  say(frame: unknown) {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }
}

const event = (seq: number, entity = 'number'): Frame => ({
  type: 'event',
  event: { id: `evt_${seq}`, seq, at: '2026-01-01T00:00:00Z', kind: 'changed', entity, entity_id: 'x', body: {} },
});

function feed() {
  const sockets: FakeSocket[] = [];
  let tickets = 0;
  const live = new LiveFeed({
    ticket: async () => `t${++tickets}`,
    socket: (url) => {
      const made = new FakeSocket(url);
      sockets.push(made);
      return made as unknown as WebSocket;
    },
    url: (ticket, after) => `${ticket}:${after ?? 'now'}`,
  });
  const frames: Frame[] = [];
  live.onFrame((frame) => frames.push(frame));
  return { live, sockets, frames };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('live feed', () => {
  it('resumes after the last event it saw, with a new ticket', async () => {
    const { live, sockets } = feed();
    live.start();
    await settle();
    expect(sockets[0]?.url).toBe('t1:now');
    sockets[0]?.say({ type: 'hello', seq: 40 });
    expect(live.snapshot()).toBe('open');
    sockets[0]?.say(event(41));
    sockets[0]?.onclose?.();
    expect(live.snapshot()).toBe('lost');
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets[1]?.url).toBe('t2:41');
    sockets[1]?.say({ type: 'hello', seq: 50 });
    sockets[1]?.onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets[2]?.url).toBe('t3:41');
  });

  it('goes on from where a resync says', async () => {
    const { live, sockets } = feed();
    live.start();
    await settle();
    sockets[0]?.say({ type: 'hello', seq: 9 });
    sockets[0]?.say({ type: 'resync', seq: 5 });
    sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets[1]?.url).toBe('t2:5');
    sockets[1]?.say({ type: 'cursor', seq: 12 });
    sockets[1]?.onclose?.();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets[2]?.url).toBe('t3:12');
  });

  it('waits longer each time, and hurries when told', async () => {
    const { live, sockets } = feed();
    live.start();
    await settle();
    sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    sockets[1]?.onclose?.();
    await vi.advanceTimersByTimeAsync(900);
    expect(sockets).toHaveLength(2);
    live.hurry();
    await settle();
    expect(sockets).toHaveLength(3);
  });

  it('says nothing after stop, even what was on its way', async () => {
    const { live, sockets, frames } = feed();
    live.start();
    await settle();
    const [first] = sockets;
    live.stop();
    first?.say(event(1));
    first?.onclose?.();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(first?.closed).toBe(true);
    expect(frames).toEqual([]);
    expect(sockets).toHaveLength(1);
    expect(live.snapshot()).toBe('off');
  });

  it('survives what it cannot read', async () => {
    const { live, sockets, frames } = feed();
    live.start();
    await settle();
    sockets[0]?.say('not json');
    sockets[0]?.say(event(3));
    expect(frames).toHaveLength(1);
  });
});

describe('touched', () => {
  it('names the caches of a noun, all of them on resync, none for what it does not know', () => {
    expect(touched(event(1, 'number'))).toContain('number-shop');
    expect(touched(event(1, 'seat'))).toContain('softphone');
    expect(touched({ type: 'resync', seq: 1 })).toBeNull();
    expect(touched(event(1, 'weather'))).toEqual([]);
    expect(touched({ type: 'cursor', seq: 1 })).toEqual([]);
    expect(touched({ type: 'snapshot', calls: [] })).toContain('live-calls');
  });
});
