/** Queues, skills, reason codes and dispositions: what is asked and changed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

export const useQueues = () => useQuery({ queryKey: keys.queues, queryFn: () => ok(api.GET('/v1/queues')) });
export const useSkills = () => useQuery({ queryKey: keys.skills, queryFn: () => ok(api.GET('/v1/skills')) });
export const useReasonCodes = () =>
  useQuery({ queryKey: keys.reasonCodes, queryFn: () => ok(api.GET('/v1/reason-codes')) });
export const useDispositions = () =>
  useQuery({ queryKey: keys.dispositions, queryFn: () => ok(api.GET('/v1/dispositions')) });

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const queryKey of [keys.queues, keys.skills, keys.reasonCodes, keys.dispositions])
        void client.invalidateQueries({ queryKey });
    },
  });
}

type New<T> = T & { key: string };
type Old<T> = T & { id: string };
const at = (id: string) => ({ params: { path: { id } } });

export const useAddQueue = () =>
  useChange(({ key, ...body }: New<Schemas['QueueWish']>) => ok(api.POST('/v1/queues', { body, headers: once(key) })));
export const useChangeQueue = () =>
  useChange(({ id, ...body }: Old<Schemas['QueueWish']>) => ok(api.PATCH('/v1/queues/{id}', { ...at(id), body })));
export const useRemoveQueue = () => useChange((id: string) => ok(api.DELETE('/v1/queues/{id}', at(id))));

export const useAddSkill = () =>
  useChange(({ key, ...body }: New<Schemas['SkillNew']>) => ok(api.POST('/v1/skills', { body, headers: once(key) })));
export const useChangeSkill = () =>
  useChange(({ id, ...body }: Old<Schemas['SkillPatch']>) => ok(api.PATCH('/v1/skills/{id}', { ...at(id), body })));
export const useRemoveSkill = () => useChange((id: string) => ok(api.DELETE('/v1/skills/{id}', at(id))));

export const useAddReasonCode = () =>
  useChange(({ key, ...body }: New<Schemas['ReasonCodeNew']>) =>
    ok(api.POST('/v1/reason-codes', { body, headers: once(key) })),
  );
export const useChangeReasonCode = () =>
  useChange(({ id, ...body }: Old<Schemas['ReasonCodePatch']>) =>
    ok(api.PATCH('/v1/reason-codes/{id}', { ...at(id), body })),
  );
export const useRemoveReasonCode = () => useChange((id: string) => ok(api.DELETE('/v1/reason-codes/{id}', at(id))));

export const useAddDisposition = () =>
  useChange(({ key, ...body }: New<Schemas['DispositionNew']>) =>
    ok(api.POST('/v1/dispositions', { body, headers: once(key) })),
  );
export const useChangeDisposition = () =>
  useChange(({ id, ...body }: Old<Schemas['DispositionPatch']>) =>
    ok(api.PATCH('/v1/dispositions/{id}', { ...at(id), body })),
  );
export const useRemoveDisposition = () => useChange((id: string) => ok(api.DELETE('/v1/dispositions/{id}', at(id))));
