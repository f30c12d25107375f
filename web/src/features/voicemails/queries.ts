/** Messages of callers: what is asked and changed. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';

export type Voicemail = Schemas['Voicemail'];
export type Shown = 'new' | 'all' | 'removed';

const filterOf = (shown: Shown, mine: boolean) => ({
  limit: 50,
  ...(shown === 'all' ? {} : { state: shown }),
  ...(mine ? { mine } : {}),
});

export function useVoicemails(shown: Shown, mine: boolean) {
  const filter = filterOf(shown, mine);
  return useInfiniteQuery({
    queryKey: keys.voicemails(filter),
    queryFn: ({ pageParam }) =>
      ok(api.GET('/v1/voicemails', { params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** How many wait. The feed tells of the own seat's; those of teams are looked for every minute. */
export function useVoicemailSummary() {
  const me = useMe();
  return useQuery({
    queryKey: keys.voicemailSummary,
    queryFn: () => ok(api.GET('/v1/voicemails/summary')),
    enabled: can(me, 'voicemails:read'),
    refetchInterval: 60_000,
  });
}

function useVoicemailChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['voicemails'] });
      void client.invalidateQueries({ queryKey: keys.voicemailSummary });
    },
  });
}

const at = (id: string) => ({ params: { path: { id } } });

export const useMarkVoicemail = () =>
  useVoicemailChange(({ id, heard }: { id: string; heard: boolean }) =>
    ok(api.PATCH('/v1/voicemails/{id}', { ...at(id), body: { heard } })),
  );
export const useRemoveVoicemail = () =>
  useVoicemailChange((id: string) => ok(api.DELETE('/v1/voicemails/{id}', at(id))));
export const useRestoreVoicemail = () =>
  useVoicemailChange((id: string) => ok(api.POST('/v1/voicemails/{id}/restore', at(id))));
export const useVoicemailSound = () =>
  useVoicemailChange(async (id: string) => (await ok(api.POST('/v1/voicemails/{id}/play', at(id)))).url);
