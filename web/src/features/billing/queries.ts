/** What the billing pages ask and change. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

/** Calls are rated within seconds of their end; nothing is told of each. */
const EVERY_MS = 15_000;

export const useBilling = () =>
  useQuery({ queryKey: keys.billing, queryFn: () => ok(api.GET('/v1/billing')), refetchInterval: EVERY_MS });

export type ChargeFilter = { prefix?: string; from?: string; until?: string; call?: string };

export const useCharges = (filter: ChargeFilter, enabled = true) =>
  useInfiniteQuery({
    queryKey: keys.charges(filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/billing/charges', {
          params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled,
  });

/** A change after which every page about money is asked again. */
function useBillingChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.billing }),
  });
}

export const useCaps = () => useQuery({ queryKey: keys.caps, queryFn: () => ok(api.GET('/v1/billing/caps')) });
export const useSetCaps = () =>
  useBillingChange((body: Schemas['SpendCapsPut']) => ok(api.PUT('/v1/billing/caps', { body })));
export const useLiftAlarm = () => useBillingChange((_: null) => ok(api.POST('/v1/billing/alarms/lift')));

export const useStatement = () =>
  useInfiniteQuery({
    queryKey: keys.statement,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(api.GET('/v1/billing/statement', { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
