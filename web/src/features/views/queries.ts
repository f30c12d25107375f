import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

export type SavedView = Schemas['SavedView'];
export type ViewList = Schemas['ViewList'];

export const useViews = (list: ViewList) =>
  useQuery({
    queryKey: keys.views(list),
    queryFn: () => ok(api.GET('/v1/views', { params: { query: { list } } })),
    staleTime: 60_000,
  });

function useViewChange<In>(list: ViewList, change: (input: In) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ queryKey: keys.views(list) }),
  });
}

export const useAddView = (list: ViewList) =>
  useViewChange(list, ({ key, ...body }: Omit<Schemas['SavedViewNew'], 'list'> & { key: string }) =>
    ok(api.POST('/v1/views', { body: { list, ...body }, headers: once(key) })),
  );

export const useChangeView = (list: ViewList) =>
  useViewChange(list, ({ id, ...body }: Schemas['SavedViewPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/views/{id}', { params: { path: { id } }, body })),
  );

export const useRemoveView = (list: ViewList) =>
  useViewChange(list, (id: string) => ok(api.DELETE('/v1/views/{id}', { params: { path: { id } } })));
