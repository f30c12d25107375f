import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../api/types';
import { about, lines } from './words';

const entry = (of: Partial<AuditEntry>): AuditEntry => ({
  id: 'aud_1',
  seq: 1,
  at: '2026-01-01T00:00:00Z',
  actor: { kind: 'person', id: 'usr_1', name: 'Ana' },
  action: 'seat.updated',
  entity: 'seat',
  entity_id: 'seat_1',
  body: {},
  changes: [],
  more_changes: 0,
  from: {},
  ...of,
});

describe('a line of the audit log', () => {
  it('is about what it names', () => {
    expect(about(entry({ body: { label: 'Front desk' } }))).toBe('Front desk');
    expect(about(entry({ changes: [{ table: 'seat', id: 'seat_1', after: { label: 'Two' } }] }))).toBe('Two');
    expect(about(entry({}))).toBe('seat_1');
  });

  it('shows what was and what is', () => {
    const change = { table: 'seat', id: 'seat_1', before: { label: 'One', scopes: ['a'] }, after: { label: 'Two' } };
    expect(lines(change)).toEqual([
      { name: 'label', before: 'One', after: 'Two' },
      { name: 'scopes', before: 'a', after: null },
    ]);
  });
});
