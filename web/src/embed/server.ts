/**
 * All that a page needs to be the softphone of a seat: a seat token, and two calls of the public API. A page of your own does the
 * same from its own origin; name that origin when you make the token.
 */
import createClient from 'openapi-fetch';
import { ok } from '../api/client';
import type { paths } from '../api/gen/schema';
import type { Schemas } from '../api/types';
import type { Account } from '../softphone/jssip';

export type Opening = { token: string; server: string };

/** What the page was opened with: `/embed/softphone.html#token=pb_seat_..&server=https://calls.example.com`. The part after `#` never leaves the browser. */
export function openingOf(hash: string, here: string): Opening | null {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const token = given.get('token')?.trim() ?? '';
  if (!token.startsWith('pb_seat_')) return null;
  const server = given.get('server') ?? here;
  return URL.canParse(server) ? { token, server: new URL(server).origin } : null;
}

/** The seat behind a token. */
export class SeatServer {
  private readonly api;

  constructor({ token, server }: Opening) {
    this.api = createClient<paths>({ baseUrl: server, headers: { Authorization: `Bearer ${token}` } });
  }

  /** Extension, numbers that may be shown, colleagues. */
  softphone(): Promise<Schemas['Softphone']> {
    return ok(this.api.GET('/v1/softphone'));
  }

  /** One connection: the ticket is good once, for 30 seconds. */
  buy = async (): Promise<Account> => {
    const sold = await ok(this.api.POST('/v1/softphone/ticket'));
    return {
      wsUrl: `${sold.ws_url}?ticket=${encodeURIComponent(sold.ticket)}`,
      sipUri: sold.sip_uri,
      username: sold.username,
      displayName: sold.display_name,
    };
  };
}
