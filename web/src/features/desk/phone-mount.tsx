/** Starts the softphone of the person's seat once and keeps it while pages change. */
import { type ReactNode, useEffect, useState } from 'react';
import { api, ok } from '../../api/client';
import { live } from '../../api/live';
import { useMe } from '../../hooks';
import { PhoneProvider } from '../../softphone/context';
import type { Account } from '../../softphone/jssip';
import { PhoneStore } from '../../softphone/store';

/** Buys the ticket of one connection; the address is made from the page's own, so a proxy in front needs no setting. */
async function buyTicket(): Promise<Account> {
  const sold = await ok(api.POST('/v1/softphone/ticket'));
  return {
    wsUrl: socketUrl(location, sold.ticket),
    sipUri: sold.sip_uri,
    username: sold.username,
    displayName: sold.display_name,
  };
}

export function socketUrl(page: { protocol: string; host: string }, ticket: string): string {
  const scheme = page.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${page.host}/sip?ticket=${encodeURIComponent(ticket)}`;
}

export function PhoneMount({ children }: { children: ReactNode }) {
  const me = useMe();
  const seat = me.seat?.id ?? null;
  const [store, setStore] = useState<PhoneStore | null>(null);
  // The phone is a connection: it opens with the seat and closes with it.
  useEffect(() => {
    if (!seat) {
      setStore(null);
      return;
    }
    let made: PhoneStore | null = null;
    let gone = false;
    // JsSIP is a fifth of the app and only people with a seat need it.
    void import('../../softphone/jssip').then(({ JsSipPhone }) => {
      if (gone) return;
      made = new PhoneStore(new JsSipPhone(buyTicket), `patchbay-phone:${seat}`);
      setStore(made);
      made.start();
    });
    // Another program of the seat may answer for it.
    const unlisten = live.onFrame((frame) => {
      if (frame.type === 'answer' && frame.seat === seat) made?.phone.answerCall(frame.call);
    });
    return () => {
      unlisten();
      gone = true;
      made?.stop();
    };
  }, [seat]);
  return <PhoneProvider store={store}>{children}</PhoneProvider>;
}
