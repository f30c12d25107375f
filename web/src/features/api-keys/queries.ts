/** What the pages of API keys ask and change. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

export type Filter = { search?: string; revoked?: boolean };

export const useApiKeys = (filter: Filter) =>
  useInfiniteQuery({
    queryKey: keys.apiKeys(filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(api.GET('/v1/api-keys', { params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

function useKeyChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ queryKey: ['api-keys'] }),
  });
}

export const useMakeKey = () =>
  useKeyChange(({ key, ...body }: Schemas['ApiKeyNew'] & { key: string }) =>
    ok(api.POST('/v1/api-keys', { body, headers: once(key) })),
  );

export const useChangeKey = () =>
  useKeyChange(({ id, ...body }: Schemas['ApiKeyPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/api-keys/{id}', { params: { path: { id } }, body })),
  );

export const useRotateKey = () =>
  useKeyChange(({ id, key, ...body }: Schemas['ApiKeyRotation'] & { id: string; key: string }) =>
    ok(api.POST('/v1/api-keys/{id}/rotate', { params: { path: { id } }, body, headers: once(key) })),
  );

export const useEndOldSecret = () =>
  useKeyChange((id: string) => ok(api.DELETE('/v1/api-keys/{id}/old-secret', { params: { path: { id } } })));

export const useRevokeKey = () =>
  useKeyChange((id: string) => ok(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })));
