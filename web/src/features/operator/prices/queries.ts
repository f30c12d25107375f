/** Price lists: what is asked and changed. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { operatorApi as api, ok, once } from '../../../api/client';
import { keys } from '../../../api/query';
import type { Schemas } from '../../../api/types';
import { saveFile, useOperatorChange } from '../queries';

const at = (id: string) => ({ path: { id } });
/** A file goes as it is, not as JSON. */
const asCsv = { bodySerializer: (body: string) => body, headers: { 'Content-Type': 'text/csv' } };

export const usePriceLists = () =>
  useQuery({ queryKey: keys.operator.priceLists, queryFn: () => ok(api.GET('/v1/operator/price-lists')) });

export const usePriceList = (id: string) =>
  useQuery({
    queryKey: keys.operator.priceList(id),
    queryFn: () => ok(api.GET('/v1/operator/price-lists/{id}', { params: at(id) })),
  });

export const useRates = (id: string, search: string) =>
  useInfiniteQuery({
    queryKey: keys.operator.rates(id, search),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/operator/price-lists/{id}/rates', {
          params: {
            ...at(id),
            query: { ...(search ? { search } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const useComparison = (id: string, other: string | null) =>
  useQuery({
    queryKey: keys.operator.comparison(id, other ?? ''),
    queryFn: () =>
      ok(
        api.GET('/v1/operator/price-lists/{id}/comparison', {
          params: { ...at(id), query: { with: other ?? '' } },
        }),
      ),
    enabled: other !== null,
  });

export const useAddPriceList = () =>
  useOperatorChange(({ key, ...body }: Schemas['PriceListNew'] & { key: string }) =>
    ok(api.POST('/v1/operator/price-lists', { body, headers: once(key) })),
  );
export const useChangePriceList = (id: string) =>
  useOperatorChange((body: Schemas['PriceListPatch']) =>
    ok(api.PATCH('/v1/operator/price-lists/{id}', { params: at(id), body })),
  );
export const useRemovePriceList = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/price-lists/{id}', { params: at(id) })));
export const usePublishPriceList = () =>
  useOperatorChange((id: string) => ok(api.POST('/v1/operator/price-lists/{id}/publish', { params: at(id) })));
export const usePutDeck = (id: string) =>
  useOperatorChange((body: string) =>
    ok(
      api.PUT('/v1/operator/price-lists/{id}/deck', {
        body,
        ...asCsv,
        params: { ...at(id), query: { skip_bad: true } },
      }),
    ),
  );
/** Asks and changes nothing. */
export const usePreviewDeck = (id: string) =>
  useMutation({
    mutationFn: (body: string) =>
      ok(api.POST('/v1/operator/price-lists/{id}/deck/preview', { body, ...asCsv, params: at(id) })),
  });
export const useAccount = (tenant: string) =>
  useQuery({
    queryKey: keys.operator.account(tenant),
    queryFn: () => ok(api.GET('/v1/operator/tenants/{id}/account', { params: at(tenant) })),
    retry: false,
  });
export const useSetAccount = (tenant: string) =>
  useOperatorChange((body: Schemas['BillingAccountPut']) =>
    ok(api.PUT('/v1/operator/tenants/{id}/account', { params: at(tenant), body })),
  );
export const useBookPayment = (tenant: string) =>
  useOperatorChange(({ key, ...body }: Schemas['PaymentNew'] & { key: string }) =>
    ok(api.POST('/v1/operator/tenants/{id}/payments', { params: at(tenant), body, headers: once(key) })),
  );
export const useUnrated = () =>
  useQuery({ queryKey: keys.operator.unrated, queryFn: () => ok(api.GET('/v1/operator/unrated-calls')) });
export const useRetryUnrated = () => useOperatorChange((_: null) => ok(api.POST('/v1/operator/unrated-calls/retry')));
export const useDeckFile = () =>
  useMutation({
    mutationFn: async (list: Schemas['PriceList']) => {
      const file = await ok(api.GET('/v1/operator/price-lists/{id}/deck', { params: at(list.id), parseAs: 'blob' }));
      saveFile(file as unknown as Blob, `rates-${list.currency}-${list.version}.csv`);
    },
  });
