import { describe, expect, it, vi } from 'vitest';
import { bearerFetch } from './client';
import { Problem } from './problem';
import { SessionStore } from './session';

type Who = { name: string };
const grant = (token: string, seconds = 600) => ({ access_token: token, expires_in_s: seconds, me: { name: 'Elena' } });
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

function store(answers: Array<() => Response | Promise<Response>>, now = () => 0) {
  const fetcher = vi.fn(async () => {
    const next = answers.shift();
    if (!next) throw new TypeError('no more answers');
    return next();
  });
  return {
    fetcher,
    session: new SessionStore<Who>('tenant', '/refresh', '/out', fetcher as unknown as typeof fetch, now),
  };
}

describe('session', () => {
  it('refreshes once for callers that come together', async () => {
    const { session, fetcher } = store([async () => json(200, grant('one'))]);
    expect(await Promise.all([session.bearer(), session.bearer(), session.refresh()])).toEqual(['one', 'one', 'one']);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  it('sends the header that keeps other sites out', async () => {
    const { session, fetcher } = store([() => json(200, grant('one'))]);
    await session.refresh();
    const init = (fetcher.mock.calls as unknown as [string, RequestInit][])[0]?.[1];
    expect(init?.headers).toMatchObject({ 'X-Patchbay': '1' });
  });

  it('keeps a token until shortly before its end', async () => {
    let now = 0;
    const { session, fetcher } = store([() => json(200, grant('one', 600)), () => json(200, grant('two'))], () => now);
    await session.refresh();
    now = 569_000;
    expect(await session.bearer()).toBe('one');
    now = 571_000;
    expect(await session.bearer()).toBe('two');
    expect(fetcher).toHaveBeenCalledTimes(2);
  });

  it('is signed out when the cookie is refused, and asks no more', async () => {
    const { session, fetcher } = store([() => json(401, { code: 'unauthenticated' })]);
    expect(await session.bearer()).toBeNull();
    expect(session.snapshot().kind).toBe('signed_out');
    expect(await session.bearer()).toBeNull();
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  it('is unreachable, not signed out, when the server is', async () => {
    const { session } = store([() => json(503, { code: 'busy' })]);
    await expect(session.refresh()).rejects.toBeInstanceOf(Problem);
    expect(session.snapshot().kind).toBe('unreachable');
  });

  it('stays signed in through an outage after the start', async () => {
    const { session } = store([() => json(200, grant('one')), () => json(502, null)]);
    await session.refresh();
    await expect(session.refresh()).rejects.toMatchObject({ code: 'server' });
    expect(session.snapshot().kind).toBe('signed_in');
  });
});

describe('bearerFetch', () => {
  const body = () => new Request('http://localhost/v1/x', { method: 'POST', body: 'payload' });

  it('tries once more with a fresh token, body included', async () => {
    const seen: [string | null, string][] = [];
    const send = bearerFetch({ bearer: async () => 'old', refresh: async () => 'new' }, async (request) => {
      seen.push([request.headers.get('Authorization'), await request.text()]);
      return json(seen.length === 1 ? 401 : 200, {});
    });
    expect((await send(body())).status).toBe(200);
    expect(seen).toEqual([
      ['Bearer old', 'payload'],
      ['Bearer new', 'payload'],
    ]);
  });

  it('gives the refusal back when nobody is signed in', async () => {
    const fetcher = vi.fn(async () => json(401, {}));
    const send = bearerFetch({ bearer: async () => 'old', refresh: async () => null }, fetcher);
    expect((await send(body())).status).toBe(401);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });
});
