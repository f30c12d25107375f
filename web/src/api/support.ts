/**
 * An operator at work in a company: this tab's session comes from the operator's, not from a cookie, and ends with it. Which support
 * session it is lies in the tab's own store, so that a reload stays in it and other tabs do not enter.
 */
import type { Session } from './types';

const STORE = 'patchbay.support';

type Grant = { access_token: string; expires_in_s: number; me: Session['me'] };
type Bearer = { bearer: () => Promise<string | null> };

/** The support session of this tab. */
export function supportOf(): string | null {
  return typeof sessionStorage === 'undefined' ? null : sessionStorage.getItem(STORE);
}

/** Opens the company's pages in this tab; a fresh page, so that nothing of the operator's stays in memory. */
export function enterAs(id: string): void {
  sessionStorage.setItem(STORE, id);
  location.assign('/');
}

/** Back to the operator's pages; the server is told first. */
export async function leave(operator: Bearer, fetcher: typeof fetch = fetch): Promise<void> {
  const id = supportOf();
  if (id) {
    const token = await operator.bearer().catch(() => null);
    const headers = { Authorization: `Bearer ${token}` };
    if (token) await fetcher(`/v1/operator/support/${id}/end`, { method: 'POST', headers }).catch(() => undefined);
  }
  // Only now: until the next page is there, this one must not take itself for anybody else.
  sessionStorage.removeItem(STORE);
  location.assign('/operator/companies');
}

/** A fresh session of the company, or null when it is over: then the tab is nobody's. */
export async function supportGrant(
  id: string,
  operator: Bearer,
  fetcher: typeof fetch = fetch,
): Promise<{ status: number; grant: Grant | null }> {
  const token = await operator.bearer();
  if (!token) return { status: 401, grant: null };
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetcher(`/v1/operator/support/${id}/session`, { method: 'POST', headers });
  if (!answer.ok) return { status: answer.status, grant: null };
  const { session } = (await answer.json()) as { session: Grant };
  return { status: 200, grant: session };
}

/** The tab belongs to nobody from here on. */
export function forgetSupport(): void {
  sessionStorage.removeItem(STORE);
}
