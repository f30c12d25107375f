/** The typed client: one for tenants, one for operators, each with its own session. */
import createClient from 'openapi-fetch';
import type { paths } from './gen/schema';
import { asProblem, problemFrom } from './problem';
import { operatorSession, type SessionStore, session } from './session';

/** Sends with the bearer of `store`; an answer 401 is tried once more with a fresh token. */
export function bearerFetch(
  store: Pick<SessionStore<unknown>, 'bearer' | 'refresh'>,
  fetcher: (request: Request) => Promise<Response> = (request) => fetch(request),
): (request: Request) => Promise<Response> {
  const signed = (request: Request, token: string | null): Promise<Response> => {
    if (token) request.headers.set('Authorization', `Bearer ${token}`);
    return fetcher(request);
  };
  return async (request) => {
    const again = request.clone();
    const answer = await signed(request, await store.bearer());
    if (answer.status !== 401) return answer;
    const token = await store.refresh();
    return token ? signed(again, token) : answer;
  };
}

const baseUrl = typeof location === 'undefined' ? 'http://localhost' : location.origin;

/** Calls that need no one signed in. */
export const open = createClient<paths>({
  baseUrl,
  credentials: 'same-origin',
  headers: { 'X-Patchbay': '1' },
  fetch: (request) => fetch(request),
});
/** Calls of a company's member. */
export const api = createClient<paths>({ baseUrl, credentials: 'same-origin', fetch: bearerFetch(session) });
/** Calls of an operator. */
export const operatorApi = createClient<paths>({
  baseUrl,
  credentials: 'same-origin',
  fetch: bearerFetch(operatorSession),
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or a thrown `Problem`. */
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (thrown) {
    throw asProblem(thrown);
  }
  if (!answer.response.ok) throw problemFrom(answer.response.status, answer.error);
  return answer.data as T;
}

/** A header that makes a creating call safe to repeat; one key per intent, not per attempt. */
export function once(key: string): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key };
}
