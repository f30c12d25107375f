import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Seat } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';

/** Browsers of other sites that are this seat's softphone for a while, and how to end that. */
export function SeatTokens({ seat }: { seat: Seat }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const me = useMe();
  const now = useNow(30_000);
  const client = useQueryClient();
  const queryKey = keys.seatTokens(seat.id);
  const path = { id: seat.id };
  const tokens = useQuery({ queryKey, queryFn: () => ok(api.GET('/v1/seats/{id}/tokens', { params: { path } })) });
  const settled = { onSettled: () => void client.invalidateQueries({ queryKey }) };
  // One intent, however often it is sent; the next token is another one, or the server would show the last one again.
  const [intent, setIntent] = useState(() => crypto.randomUUID());
  const make = useMutation({
    mutationFn: (label: string) =>
      ok(
        api.POST('/v1/seats/{id}/tokens', {
          params: { path },
          body: { label, expires_in_s: 900, origins: [location.origin] },
          headers: once(intent),
        }),
      ),
    ...settled,
    onSuccess: () => setIntent(crypto.randomUUID()),
  });
  const revoke = useMutation({
    mutationFn: (id: string) => ok(api.DELETE('/v1/seat-tokens/{id}', { params: { path: { id } } })),
    ...settled,
    // A token that is gone is not offered for copying.
    onSuccess: (_, id) => make.data?.token.id === id && make.reset(),
  });
  const writes = can(me, 'seat_tokens:write');
  const failed = tokens.error ?? make.error ?? revoke.error;
  return (
    <section aria-labelledby="seat-tokens" className="flex flex-col gap-2">
      <h3 id="seat-tokens" className="text-13 font-semibold">
        {t('tokens.title')}
      </h3>
      <p className="text-12 text-ink-3">{t('tokens.note')}</p>
      {tokens.data && tokens.data.length > 0 && (
        <ul className="rounded-lg border border-line">
          {tokens.data.map((one) => (
            <li
              key={one.id}
              className="flex min-h-14 items-center gap-3 border-line px-3 py-2 text-13 not-first:border-t"
            >
              <div className="min-w-0 grow">
                <p className="truncate font-medium">{one.label || <code>{one.prefix}…</code>}</p>
                <p className="truncate text-12 text-ink-3">
                  {[
                    one.origins.join(', ') || t('tokens.any'),
                    t('tokens.ends', { ago: ago(one.expires_at, now) }),
                  ].join(' · ')}
                </p>
              </div>
              {writes && (
                <Button
                  size="xs"
                  look="quiet"
                  busy={revoke.isPending && revoke.variables === one.id}
                  onClick={() => revoke.mutate(one.id, { onSuccess: () => toast(t('tokens.revoked')) })}
                >
                  {t('tokens.revoke')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {make.data && (
        <div className="flex flex-col gap-2">
          <CopyField label={t('tokens.token')} value={make.data.secret} secret />
          <a
            href={`/embed/softphone.html#token=${make.data.secret}`}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1.5 text-13 font-medium text-brand underline"
          >
            {t('tokens.open')}
            <ExternalLink aria-hidden className="size-3.5" />
          </a>
        </div>
      )}
      {failed && <Note tone="bad" title={say(failed)} />}
      {writes && (
        <Button size="sm" className="self-start" busy={make.isPending} onClick={() => make.mutate(t('tokens.trial'))}>
          {t('tokens.make')}
        </Button>
      )}
    </section>
  );
}
