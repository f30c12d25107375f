/**
 * Who is signed in. The access token lives in memory only; the refresh token is a cookie the page cannot read.
 *
 * The cookie changes with every refresh, so only one refresh may run at a time: within the tab by a shared promise, across
 * tabs by a Web Lock. Tenants and operators are two realms with a session each.
 */
import { Problem, problemFrom } from './problem';
import { forgetSupport, leave, supportGrant, supportOf } from './support';
import type { OperatorSession, Session } from './types';

export type Realm = 'tenant' | 'operator';
type Grant<Who> = { access_token: string; expires_in_s: number; me: Who };

export type SessionState<Who> =
  | { kind: 'unknown' }
  | { kind: 'unreachable'; problem: Problem }
  | { kind: 'signed_out' }
  | { kind: 'signed_in'; me: Who };

/** Gives a session to a tab, and takes it back. */
export type Lender<Who> = { ask: () => Promise<Grant<Who> | null>; giveBack: () => Promise<void> };

/** A token is renewed this long before it ends, in milliseconds. */
const EARLY_MS = 30_000;

export class SessionStore<Who> {
  private state: SessionState<Who> = { kind: 'unknown' };
  private token: string | null = null;
  private endsAt = 0;
  private pending: Promise<string | null> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;

  constructor(
    private readonly realm: Realm,
    private readonly refreshUrl: string,
    private readonly signOutUrl: string,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
    private readonly now: () => number = Date.now,
    /** Where the session comes from in the cookie's stead, in a tab that is lent one. */
    private readonly lent: () => Lender<Who> | null = () => null,
  ) {
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(`patchbay.session.${realm}`);
    this.channel?.addEventListener('message', (message: MessageEvent<string>) => {
      // What other tabs do with the cookie is not this one's.
      if (this.lent()) return;
      if (message.data === 'signed_out') this.drop();
      // Another tab moved to another company or person: this tab's data is not theirs.
      if (message.data === 'changed' && this.state.kind === 'signed_in') location.reload();
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): SessionState<Who> => this.state;

  /** Takes a fresh session; `tell` makes other tabs load it too. */
  accept(grant: Grant<Who>, tell = false): void {
    this.token = grant.access_token;
    this.endsAt = this.now() + grant.expires_in_s * 1000;
    this.set({ kind: 'signed_in', me: grant.me });
    if (tell) this.channel?.postMessage('changed');
  }

  /** The person changed (name, seat, permissions) without a new token. */
  update(me: Who): void {
    if (this.state.kind === 'signed_in') this.set({ kind: 'signed_in', me });
  }

  /** A token good for at least a moment, or null when nobody is signed in. Throws when the server is out of reach. */
  async bearer(): Promise<string | null> {
    if (this.token && this.now() < this.endsAt - EARLY_MS) return this.token;
    if (this.state.kind === 'signed_out') return null;
    return this.refresh();
  }

  /** Renews by cookie. Calls that come while one runs share its answer. */
  refresh(): Promise<string | null> {
    this.pending ??= this.locked(() => this.ask()).finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  async signOut(): Promise<void> {
    const lender = this.lent();
    if (lender) return lender.giveBack();
    await this.fetcher(this.signOutUrl, {
      method: 'POST',
      headers: { 'X-Patchbay': '1', ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
      credentials: 'same-origin',
    }).catch(() => undefined);
    this.channel?.postMessage('signed_out');
    this.drop();
  }

  private drop(): void {
    this.token = null;
    this.set({ kind: 'signed_out' });
  }

  private locked<T>(work: () => Promise<T>): Promise<T> {
    if (typeof navigator === 'undefined' || !navigator.locks) return work();
    return navigator.locks.request(`patchbay.refresh.${this.realm}`, work) as Promise<T>;
  }

  private async ask(): Promise<string | null> {
    const lender = this.lent();
    if (lender) {
      const grant = await lender.ask();
      if (grant) this.accept(grant);
      else this.drop();
      return this.token;
    }
    let response: Response;
    try {
      response = await this.fetcher(this.refreshUrl, {
        method: 'POST',
        headers: { 'X-Patchbay': '1' },
        credentials: 'same-origin',
      });
    } catch (thrown) {
      const problem = new Problem('offline', 0, thrown instanceof Error ? thrown.message : '');
      if (this.state.kind === 'unknown' || this.state.kind === 'unreachable')
        this.set({ kind: 'unreachable', problem });
      throw problem;
    }
    if (response.ok) {
      this.accept((await response.json()) as Grant<Who>);
      return this.token;
    }
    if (response.status >= 500 || response.status === 429) {
      const problem = problemFrom(response.status, await response.json().catch(() => null));
      if (this.state.kind === 'unknown' || this.state.kind === 'unreachable')
        this.set({ kind: 'unreachable', problem });
      throw problem;
    }
    // An unread body would hold the connection.
    void response.body?.cancel();
    this.drop();
    return null;
  }

  private set(state: SessionState<Who>): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

/** An operator at work in a company lends this tab a session of it. */
function support(): Lender<Session['me']> | null {
  const id = supportOf();
  if (!id) return null;
  const ask = async () => {
    const { grant } = await supportGrant(id, operatorSession);
    if (!grant) {
      forgetSupport();
      location.assign('/operator/companies');
    }
    return grant;
  };
  return { ask, giveBack: () => leave(operatorSession) };
}

export const session = new SessionStore<Session['me']>(
  'tenant',
  '/v1/session/refresh',
  '/v1/sign-out',
  undefined,
  undefined,
  support,
);
export const operatorSession = new SessionStore<OperatorSession['me']>(
  'operator',
  '/v1/operator/session/refresh',
  '/v1/operator/sign-out',
);
