/** What the pages of webhooks ask and change. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { usePrices } from '../../prices';

export type DeliveryFilter = { state?: Schemas['DeliveryState'] };
/** Attempts are no events: while one looks, the page asks again. */
const EVERY_MS = 3_000;

export const useWebhooks = (search: string) =>
  useInfiniteQuery({
    queryKey: keys.webhooks({ search }),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/webhooks', {
          params: { query: { ...(search ? { search } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const useWebhook = (id: string) =>
  useQuery({
    queryKey: keys.webhook(id),
    queryFn: () => ok(api.GET('/v1/webhooks/{id}', { params: { path: { id } } })),
    refetchInterval: EVERY_MS,
  });

export const useDeliveries = (id: string, filter: DeliveryFilter) =>
  useInfiniteQuery({
    queryKey: keys.deliveries(id, filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/webhooks/{id}/deliveries', {
          params: { path: { id }, query: { ...filter, limit: 25, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });

export const useDelivery = (id: string | null) =>
  useQuery({
    queryKey: keys.delivery(id ?? ''),
    queryFn: () => ok(api.GET('/v1/webhook-deliveries/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id !== null,
    refetchInterval: EVERY_MS,
  });

/** Where nothing is sold, nothing is billed that one could be told of. */
export function useEventTypes() {
  const prices = usePrices();
  return useQuery({
    queryKey: keys.eventTypes,
    queryFn: () => ok(api.GET('/v1/event-types')),
    staleTime: Number.POSITIVE_INFINITY,
    select: (types) => types.filter((one) => prices || !one.kind.startsWith('billing.')),
  });
}

function useWebhookChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ queryKey: ['webhooks'] }),
  });
}

export const useMakeWebhook = () =>
  useWebhookChange(({ key, ...body }: Schemas['WebhookNew'] & { key: string }) =>
    ok(api.POST('/v1/webhooks', { body, headers: once(key) })),
  );

export const useChangeWebhook = () =>
  useWebhookChange(({ id, ...body }: Schemas['WebhookPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/webhooks/{id}', { params: { path: { id } }, body })),
  );

export const useRotateWebhook = () =>
  useWebhookChange(({ id, key, ...body }: Schemas['WebhookRotation'] & { id: string; key: string }) =>
    ok(api.POST('/v1/webhooks/{id}/rotate', { params: { path: { id } }, body, headers: once(key) })),
  );

export const useTestWebhook = () =>
  useWebhookChange((id: string) => ok(api.POST('/v1/webhooks/{id}/test', { params: { path: { id } } })));

export const useReplay = () =>
  useWebhookChange(({ id, ...body }: Schemas['WebhookReplayNew'] & { id: string }) =>
    ok(api.POST('/v1/webhooks/{id}/replay', { params: { path: { id } }, body })),
  );

export const useRemoveWebhook = () =>
  useWebhookChange((id: string) => ok(api.DELETE('/v1/webhooks/{id}', { params: { path: { id } } })));
