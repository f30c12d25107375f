/** What the numbers pages ask and change. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { NumberRow, Schemas } from '../../api/types';

export type ShopFilter = { country?: string; kind?: Schemas['NumberKind']; pattern?: string; area?: string };

export const useNumbers = () =>
  useQuery({
    queryKey: keys.numbers,
    queryFn: () => ok(api.GET('/v1/numbers', { params: { query: { limit: 200 } } })),
  });

export const useNumberShop = (filter: ShopFilter, limit = 50) =>
  useQuery({
    queryKey: keys.numberShop({ ...filter, limit }),
    queryFn: () => ok(api.GET('/v1/numbers/shop', { params: { query: { ...filter, limit } } })),
    placeholderData: keepPreviousData,
  });

function useNumberChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const noun of [
        'numbers',
        'number-shop',
        'number-waiting',
        'gateway-ports',
        'gateway-port-shop',
        'onboarding',
        'seats',
        'softphone',
      ])
        void client.invalidateQueries({ queryKey: [noun] });
    },
  });
}

export type Claim = { id: string; seat: string | null; key: string };

/** Takes a number and, when a seat is chosen, sends its calls there. */
export async function claim({ id, seat, key }: Claim): Promise<NumberRow> {
  const taken = await ok(api.POST('/v1/numbers/{id}/claim', { params: { path: { id } }, headers: once(key) }));
  if (!seat || taken.destination_seat === seat) return taken;
  return ok(
    api.PATCH('/v1/numbers/{id}', {
      params: { path: { id } },
      body: { destination_kind: 'seat', destination_seat: seat },
    }),
  );
}

export const useClaim = () => useNumberChange(claim);

export const useChangeNumber = () =>
  useNumberChange(({ id, ...body }: Schemas['NumberPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/numbers/{id}', { params: { path: { id } }, body })),
  );

export const useReleaseNumber = () =>
  useNumberChange((id: string) => ok(api.POST('/v1/numbers/{id}/release', { params: { path: { id } } })));

/** Keeps a number of the shop for a quarter of an hour, or lets it go. */
export const useHold = () =>
  useNumberChange(({ id, keep }: { id: string; keep: boolean }) =>
    keep
      ? ok(api.POST('/v1/numbers/{id}/hold', { params: { path: { id } } })).then(() => undefined)
      : ok(api.DELETE('/v1/numbers/{id}/hold', { params: { path: { id } } })).then(() => undefined),
  );

export const useTakeBack = () =>
  useNumberChange((id: string) => ok(api.POST('/v1/numbers/{id}/take-back', { params: { path: { id } } })));

export const useReleased = () =>
  useQuery({ queryKey: keys.numbersReleased, queryFn: () => ok(api.GET('/v1/numbers/released')) });

export const usePorting = () =>
  useQuery({ queryKey: keys.numbersPorting, queryFn: () => ok(api.GET('/v1/numbers/porting')) });

export const useNumberHistory = (id: string) =>
  useQuery({
    queryKey: keys.numberHistory(id),
    queryFn: () => ok(api.GET('/v1/numbers/{id}/history', { params: { path: { id } } })),
  });

export const useCallerRules = () =>
  useQuery({ queryKey: keys.callerRules, queryFn: () => ok(api.GET('/v1/caller-rules')) });

function useCallerChange<In>(change: (input: In) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.callerRules }),
  });
}

export const useAddCallerRule = () =>
  useCallerChange(({ key, ...body }: Schemas['CallerRuleNew'] & { key: string }) =>
    ok(api.POST('/v1/caller-rules', { body, headers: once(key) })),
  );

export const useRemoveCallerRule = () =>
  useCallerChange((id: string) => ok(api.DELETE('/v1/caller-rules/{id}', { params: { path: { id } } })));
