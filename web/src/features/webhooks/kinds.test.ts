import { describe, expect, it } from 'vitest';
import { kindGroups, takes, toggled } from './kinds';

const groups = kindGroups(['seat.created', 'seat.released', 'call.ended'].map((kind) => ({ kind })));

describe('event types of an endpoint', () => {
  it('are grouped by what they befall', () => {
    expect(groups).toEqual([
      ['seat', ['seat.created', 'seat.released']],
      ['call', ['call.ended']],
    ]);
  });

  it('are one, all of a kind of thing, or all', () => {
    expect(takes(['seat.*'], 'seat.created')).toBe(true);
    expect(takes(['seat.created'], 'seat.released')).toBe(false);
    expect(takes(['*'], 'call.ended')).toBe(true);
  });

  it('are written short when a group is whole, and open again when it is not', () => {
    expect(toggled(['seat.created'], groups, ['seat.released'], true)).toEqual(['seat.*']);
    expect(toggled(['seat.*'], groups, ['seat.created'], false)).toEqual(['seat.released']);
    expect(toggled(['seat.*'], groups, ['call.ended'], true)).toEqual(['*']);
    expect(toggled(['*'], groups, ['call.ended'], false)).toEqual(['seat.*']);
    expect(toggled([], groups, ['seat.created', 'seat.released'], true)).toEqual(['seat.*']);
  });
});
