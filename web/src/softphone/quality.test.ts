import { describe, expect, it } from 'vitest';
import { causeOf, countersOf, mosOf, qualityBetween, verdictOf } from './quality';

const calm = { received: 0, lost: 0, jitterMs: 3, bufferMs: 40, rttMs: 30, lossOut: 0, codec: 'PCMU' };

describe('voice quality', () => {
  it('is excellent on a clean line and poor with heavy loss', () => {
    expect(verdictOf(qualityBetween(calm, { ...calm, received: 100 }))).toBe('excellent');
    expect(verdictOf(qualityBetween(calm, { ...calm, received: 75, lost: 25 }))).toBe('poor');
  });

  it('falls with delay and with loss', () => {
    expect(mosOf(400, 0)).toBeLessThan(mosOf(100, 0));
    expect(mosOf(50, 0.05)).toBeLessThan(mosOf(50, 0.01));
    expect(mosOf(5_000, 1)).toBeGreaterThanOrEqual(1);
  });

  it('has no opinion while nothing is received', () => {
    expect(qualityBetween(calm, calm).mos).toBeNull();
    expect(verdictOf(qualityBetween(calm, calm))).toBe('unknown');
  });

  it('names the direction that suffers', () => {
    expect(causeOf(qualityBetween(calm, { ...calm, received: 100, lossOut: 0.06 }))).toBe('uplink_loss');
    expect(causeOf(qualityBetween(calm, { ...calm, received: 90, lost: 10 }))).toBe('downlink_loss');
  });

  it('reads what a browser reports', () => {
    const counters = countersOf([
      { type: 'codec', id: 'c1', mimeType: 'audio/PCMU' },
      {
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: 50,
        packetsLost: 1,
        jitter: 0.004,
        jitterBufferDelay: 2,
        jitterBufferEmittedCount: 50,
        codecId: 'c1',
      },
      { type: 'candidate-pair', currentRoundTripTime: 0.012 },
    ]);
    expect(counters).toMatchObject({ received: 50, lost: 1, jitterMs: 4, bufferMs: 40, rttMs: 12, codec: 'PCMU' });
  });
});
