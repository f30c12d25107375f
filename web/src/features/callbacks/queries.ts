/** Calls back that were promised: what is asked and changed. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

export type Callback = Schemas['Callback'];

export function useCallbacks(open: boolean, enabled = true) {
  const filter = { open, limit: 50 };
  return useInfiniteQuery({
    queryKey: keys.callbacks(filter),
    queryFn: ({ pageParam }) =>
      ok(api.GET('/v1/callbacks', { params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled,
    // Agents hear of their own seat alone: what a queue promised is looked for.
    refetchInterval: open ? 30_000 : false,
  });
}

export function useCloseCallback() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, outcome }: { id: string; outcome: Schemas['CallbackClosing'] }) =>
      ok(api.POST('/v1/callbacks/{id}/close', { params: { path: { id } }, body: { outcome } })),
    onSettled: () => void client.invalidateQueries({ queryKey: ['callbacks'] }),
  });
}
