import { describe, expect, it } from 'vitest';
import { document } from '../../api/document';
import {
  answerOf,
  bodyOf,
  byTag,
  curlOf,
  entries,
  exampleOf,
  fieldsOf,
  problemsOf,
  search,
  typeOf,
  waysOf,
  wordsOf,
} from './operations';

const all = entries(document);
const one = (id: string) => {
  const found = all.find((entry) => entry.id === id);
  if (!found) throw new Error(`no operation ${id}`);
  return found;
};

describe('the reference', () => {
  it('shows every operation of the document but those of operators', () => {
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map((op) => op.operationId));
    const shown = new Set(all.map((entry) => entry.id));
    expect(
      ids
        .filter((id) => !shown.has(id))
        .every((id) => /operator|site|gateway|line|sip_ladder|price_|unrated_/.test(id)),
    ).toBe(true);
    expect(all.length).toBeGreaterThan(40);
    expect(byTag(all).flatMap(([, rows]) => rows)).toHaveLength(all.length);
  });

  it('finds by path, name and words', () => {
    expect(search(all, 'make seat').map((entry) => entry.id)).toContain('seat_create');
    expect(search(all, 'POST /v1/seats').map((entry) => entry.id)).toContain('seat_create');
    expect(search(all, 'zebra')).toEqual([]);
  });

  it('names an operation by its first sentence', () => {
    expect(wordsOf(one('api_key_create').operation)).toEqual({
      title: 'Make a key',
      more: 'It may do no more than you may, now and whenever it is used.',
    });
    expect(wordsOf(one('seat_get').operation)).toEqual({ title: 'One seat', more: '' });
  });

  it('says who may call', () => {
    expect(waysOf(one('seat_create').operation)).toMatchObject({ scope: 'seats:write', key: true, person: true });
    expect(waysOf(one('me').operation)).toMatchObject({ key: false, person: true, open: false });
    expect(waysOf(one('status').operation).open).toBe(true);
    expect(waysOf(one('softphone_ticket').operation)).toMatchObject({ seatToken: true, key: false });
  });

  it('has an answer, fields and an example for every shape', () => {
    for (const entry of all) {
      const body = bodyOf(entry.operation);
      if (body) expect([entry.id, fieldsOf(document, body).length > 0]).toEqual([entry.id, true]);
      const answer = answerOf(entry.operation);
      expect([entry.id, answer?.status.startsWith('2')]).toEqual([entry.id, true]);
      if (answer?.schema) expect(() => JSON.stringify(exampleOf(document, answer.schema ?? {}))).not.toThrow();
      expect(problemsOf(entry).length).toBeGreaterThan(0);
    }
    const seats = answerOf(one('seat_list').operation)?.schema ?? {};
    expect(typeOf(document, seats)).toBe('[Seat]');
    expect(
      fieldsOf(document, seats)
        .find((row) => row.name === 'devices')
        ?.inner.map((row) => row.name),
    ).toContain('kind');
  });

  it('writes a command line that can be pasted', () => {
    const line = curlOf(document, one('api_key_rotate'), 'https://calls.example.com');
    expect(line).toContain('-X POST "https://calls.example.com/v1/api-keys/$ID/rotate"');
    const create = curlOf(document, one('seat_create'), 'https://calls.example.com');
    expect(create).toContain('Idempotency-Key');
    expect(create).toContain('$PATCHBAY_KEY');
    expect(JSON.parse(create.split("-d '")[1]?.slice(0, -1) ?? '')).toMatchObject({ extension: '101' });
    expect(curlOf(document, one('status'), 'https://x')).toBe('curl "https://x/v1/status"');
  });
});
