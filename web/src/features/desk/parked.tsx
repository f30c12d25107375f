/** Calls that wait at a slot of the company for whoever picks them up, and the button that leaves one there. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleParking } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import { clock } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { useNow, usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Button } from '../../ui/button';
import { toast } from '../../ui/toast';
import { readable } from './numbers';

const parkedQuery = { queryKey: keys.parked, queryFn: () => ok(api.GET('/v1/parked-calls')), refetchInterval: 5_000 };

/** Nothing while nobody is parked. */
export function Parked() {
  const { t } = useTranslation('desk');
  const problem = useProblemText();
  const { state } = usePhone();
  const cache = useQueryClient();
  const { data } = useQuery(parkedQuery);
  const parked = data ?? [];
  const now = useNow(1_000, parked.length > 0);
  const pick = useMutation({
    mutationFn: (id: string) => ok(api.POST('/v1/calls/{id}/pick-up', { params: { path: { id }, query: {} } })),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.parked }),
  });
  if (parked.length === 0) return null;
  const busy = may.dial(state) ? null : t('parked.not_now');
  return (
    <section aria-label={t('parked.title')} className="border-b border-line px-6 py-4">
      <h2 className="text-13 font-semibold">{t('parked.title')}</h2>
      {pick.isError && (
        <p role="alert" className="mt-2 text-13 text-bad">
          {problem(pick.error)}
        </p>
      )}
      <ul aria-label={t('parked.title')} className="mt-1 flex flex-col">
        {parked.map((one) => (
          <li key={one.call} className="flex flex-wrap items-center gap-3 border-b border-line py-2.5 last:border-b-0">
            <span className="num flex size-8 shrink-0 items-center justify-center rounded-md bg-warn-bg text-14 font-semibold text-warn">
              <span className="sr-only">{t('parked.slot')}</span>
              {one.slot}
            </span>
            <div className="min-w-32 grow">
              <p className="truncate text-14 font-medium">
                {one.name ?? (readable(one.number) || t('wrap_up.withheld'))}
              </p>
              <p className="num text-13 text-ink-2">
                {t('parked.by', { who: one.by, time: clock(now - Date.parse(one.since)) })}
              </p>
            </div>
            <Button
              size="sm"
              look="primary"
              busy={pick.isPending}
              reason={busy}
              aria-label={t('parked.pick_up_who', { slot: one.slot })}
              onClick={() => pick.mutate(one.call)}
            >
              {t('parked.pick_up')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Leaves the call at the first free slot and says which one that is. */
export function ParkButton({ id, reason, onParked }: { id: string; reason: string | false; onParked: () => void }) {
  const { t } = useTranslation('desk');
  const problem = useProblemText();
  const cache = useQueryClient();
  const park = useMutation({
    mutationFn: () => ok(api.POST('/v1/calls/{id}/park', { params: { path: { id }, query: {} }, body: {} })),
    onSuccess: ({ slot }) => {
      toast(t('parked.done', { slot }));
      void cache.invalidateQueries({ queryKey: keys.parked });
      onParked();
    },
  });
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 rounded-lg border border-line bg-hover p-3">
      <p className="min-w-40 grow text-13 text-ink-2">{t('parked.note')}</p>
      <Button size="sm" busy={park.isPending} reason={reason} onClick={() => park.mutate()}>
        <CircleParking aria-hidden className="size-4" />
        {t('parked.park')}
      </Button>
      {park.isError && (
        <p role="alert" className="w-full text-13 text-bad">
          {problem(park.error)}
        </p>
      )}
    </div>
  );
}
