import { describe, expect, it } from 'vitest';
import type { EventEntry } from '../../api/types';
import { fits, merged } from './feed';

const event = (seq: number, kind = 'seat.created'): EventEntry => ({
  id: `evt_${seq}`,
  seq,
  at: '2026-11-30T08:00:00Z',
  kind,
  entity: 'seat',
  entity_id: 'seat_1',
  body: {},
});

describe('the event explorer', () => {
  it('takes from the feed what was asked for', () => {
    expect(fits(event(1), {})).toBe(true);
    expect(fits(event(1), { kind: 'call.*,seat.created' })).toBe(true);
    expect(fits(event(1), { kind: 'seat.*' })).toBe(true);
    expect(fits(event(1), { kind: 'seat.released' })).toBe(false);
    expect(fits(event(1), { subject: 'seat_2' })).toBe(false);
    expect(fits(event(1), { since: '2026-11-30T08:00:01Z' })).toBe(false);
  });

  it('shows each event once, newest first', () => {
    expect(merged([event(5), event(4)], [event(4), event(3)]).map((one) => one.seq)).toEqual([5, 4, 3]);
  });
});
