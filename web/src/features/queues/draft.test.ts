import { expect, test } from 'vitest';
import type { Queue } from '../../api/types';
import { blank, draftOf, fits, wishOf } from './draft';

const queue = {
  id: 'que_1',
  name: 'Sales',
  strategy: 'best_level',
  ring_s: 15,
  wrap_up_s: 0,
  disposition_required: true,
  max_length: null,
  max_wait_s: 300,
  overflow: 'queue',
  overflow_queue: 'que_2',
  service_level_s: 20,
  service_level_percent: 90,
  announce_position: false,
  announce_wait: true,
  announce_every_s: 45,
  sticky_hold_s: 5,
  rare_hold_s: 45,
  skills: [{ skill: 'skl_1', after_s: 0, level: 3 }],
  members: [{ member: 'mem_1', name: 'Ann' }],
  created_at: '2026-01-01T00:00:00Z',
} as Queue;

test('a queue survives being a draft', () => {
  const wish = wishOf(draftOf(queue));
  expect(wish).toMatchObject({
    name: 'Sales',
    wrap_up_s: 0,
    max_length: null,
    max_wait_s: 300,
    overflow: 'queue',
    overflow_queue: 'que_2',
    skills: [{ skill: 'skl_1', after_s: 0, level: 3 }],
    members: ['mem_1'],
  });
});

test('limits may be left empty, nothing else may', () => {
  expect(fits(blank())).toBe(true);
  expect(fits({ ...blank(), max_length: '', ring_s: '' })).toBe(false);
  for (const ring_s of ['4', '121', '20.5', 'x']) expect(fits({ ...blank(), ring_s })).toBe(false);
});
