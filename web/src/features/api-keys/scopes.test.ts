import { describe, expect, it } from 'vitest';
import { document } from '../../api/document';
import { endOf, nearness, networks, scopeGroups, scopesOf } from './scopes';

describe('scopes', () => {
  it('come from the document, and none of them is for people alone', () => {
    const groups = scopeGroups(document);
    const codes = groups.flatMap((group) => group.scopes.map((scope) => scope.code));
    expect(codes).toContain('seats:write');
    expect(codes).toContain('seat_tokens:write');
    expect(codes.some((code) => code.startsWith('api_keys:') || code.startsWith('softphone:'))).toBe(false);
    expect(new Set(codes).size).toBe(codes.length);
    const seats = groups.find((group) => group.resource === 'seats');
    expect(seats?.scopes[0]?.opens.length).toBeGreaterThan(1);
  });

  it('that a person lacks are not proposed', () => {
    const groups = scopeGroups({
      paths: {
        '/a': {
          get: { operationId: 'a', security: [{ user: ['x:read'] }, { api_key: ['x:read'] }], responses: {} },
          post: { operationId: 'b', security: [{ api_key: ['x:write'] }], responses: {} },
        },
      },
    });
    expect(scopesOf(groups, ['x:read'])).toEqual(['x:read']);
    expect(scopesOf(groups, ['x:read', 'x:write'], 'read')).toEqual(['x:read']);
  });
});

describe('networks and ends', () => {
  it('are read from whatever was pasted', () => {
    expect(networks(' 10.0.0.0/8, ::1\n10.0.0.0/8;192.0.2.7 ')).toEqual(['10.0.0.0/8', '::1', '192.0.2.7']);
    expect(networks(' \n')).toEqual([]);
  });

  it('count days from now, or to the end of a day', () => {
    expect(endOf('90', '', Date.UTC(2026, 0, 1))).toBe('2026-04-01T00:00:00.000Z');
    expect(endOf('never', '', 0)).toBeNull();
    expect(endOf('day', '2026-03-01', 0)).toBe(new Date('2026-03-01T23:59:59').toISOString());
    expect(endOf('day', '', 0)).toBeNull();
  });

  it('are near two weeks before', () => {
    const now = Date.UTC(2026, 0, 1);
    const at = (days: number) => new Date(now + days * 86_400_000).toISOString();
    expect([nearness(null, now), nearness(at(-1), now), nearness(at(3), now), nearness(at(20), now)]).toEqual([
      'none',
      'past',
      'near',
      'far',
    ]);
  });
});
