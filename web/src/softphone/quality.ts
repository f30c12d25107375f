/**
 * Voice quality from what the browser counts.
 * Source: ITU-T G.107 E-model in its short form; G.711 with Ie 0 and Bpl 25.1.
 */
import type { Quality } from './phone';

/** Counters of one moment; all since the start of the call. */
export type Counters = {
  received: number;
  lost: number;
  jitterMs: number;
  bufferMs: number;
  rttMs: number | null;
  lossOut: number;
  codec: string | null;
};

/** Mean opinion score, 1 to 4.5. `delayMs` is mouth to ear one way, `loss` a share from 0 to 1. */
export function mosOf(delayMs: number, loss: number): number {
  const lossPercent = loss * 100;
  const delay = 0.024 * delayMs + (delayMs > 177.3 ? 0.11 * (delayMs - 177.3) : 0);
  const equipment = (95 * lossPercent) / (lossPercent + 25.1);
  const r = Math.min(93.2, Math.max(0, 93.2 - delay - equipment));
  return Math.min(4.5, Math.max(1, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)));
}

/** The quality between two moments. Null score while nothing was received: silence is not quality. */
export function qualityBetween(before: Counters, now: Counters): Quality {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  const lossIn = received + lost > 0 ? lost / (received + lost) : 0;
  const delay = (now.rttMs ?? 0) / 2 + now.bufferMs + 20;
  return {
    mos: received > 0 ? mosOf(delay, lossIn) : null,
    rttMs: now.rttMs,
    lossIn,
    lossOut: now.lossOut,
    jitterMs: now.jitterMs,
    codec: now.codec,
  };
}

export type Verdict = 'excellent' | 'good' | 'fair' | 'poor' | 'unknown';

export function verdictOf(quality: Quality | null): Verdict {
  const mos = quality?.mos ?? null;
  if (mos === null) return 'unknown';
  if (mos > 4.2) return 'excellent';
  if (mos >= 3.7) return 'good';
  return mos > 3 ? 'fair' : 'poor';
}

/** What most likely spoils the call; null when nothing does. */
export function causeOf(quality: Quality | null): 'uplink_loss' | 'downlink_loss' | 'delay' | 'jitter' | null {
  if (!quality) return null;
  if (quality.lossOut > 0.02 && quality.lossOut >= quality.lossIn) return 'uplink_loss';
  if (quality.lossIn > 0.02) return 'downlink_loss';
  if ((quality.rttMs ?? 0) > 300) return 'delay';
  return quality.jitterMs > 40 ? 'jitter' : null;
}

type Report = Record<string, unknown> & { type: string };

/** Reads the counters that matter out of a statistics report. */
export function countersOf(report: Iterable<Report>): Counters {
  const counters: Counters = { received: 0, lost: 0, jitterMs: 0, bufferMs: 0, rttMs: null, lossOut: 0, codec: null };
  const codecs = new Map<unknown, string>();
  let codecId: unknown;
  let pairRttMs: number | null = null;
  for (const entry of report) {
    if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
      counters.received = number(entry.packetsReceived);
      counters.lost = number(entry.packetsLost);
      counters.jitterMs = number(entry.jitter) * 1_000;
      const emitted = number(entry.jitterBufferEmittedCount);
      counters.bufferMs = emitted > 0 ? (number(entry.jitterBufferDelay) / emitted) * 1_000 : 0;
      codecId = entry.codecId;
    } else if (entry.type === 'remote-inbound-rtp') {
      counters.lossOut = number(entry.fractionLost);
      if (typeof entry.roundTripTime === 'number') counters.rttMs = entry.roundTripTime * 1_000;
    } else if (entry.type === 'candidate-pair' && typeof entry.currentRoundTripTime === 'number') {
      pairRttMs = entry.currentRoundTripTime * 1_000;
    } else if (entry.type === 'codec' && typeof entry.mimeType === 'string') {
      codecs.set(entry.id, entry.mimeType.replace(/^audio\//, ''));
    }
  }
  // The server's report comes only after our first sender report, some five seconds in: until then the ICE check's time.
  counters.rttMs ??= pairRttMs;
  counters.codec = codecs.get(codecId) ?? null;
  return counters;
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
