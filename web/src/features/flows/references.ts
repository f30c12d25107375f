/** What steps refer to beyond their flow: seats, teams, queues, recordings, other flows; as choices and by name. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import { can } from '../../can';
import { useMe } from '../../hooks';
import type { Option } from '../../ui/select';
import type { NameOf } from './kind';
import { useFlows } from './queries';

type What = Parameters<NameOf>[0];
type Choices = Record<What, Option<string>[]>;

/** All of them; the cache asks the server once. */
function useAll(): Choices {
  const me = useMe();
  const seats = useQuery({
    queryKey: keys.seats,
    queryFn: () => ok(api.GET('/v1/seats')),
    enabled: can(me, 'seats:read'),
  }).data;
  const teams = useQuery({
    queryKey: keys.teams,
    queryFn: () => ok(api.GET('/v1/teams')),
    enabled: can(me, 'departments:read'),
  }).data;
  const queues = useQuery({
    queryKey: keys.queues,
    queryFn: () => ok(api.GET('/v1/queues')),
    enabled: can(me, 'queues:read'),
  }).data;
  const prompts = useQuery({
    queryKey: keys.prompts,
    queryFn: () => ok(api.GET('/v1/prompts')),
    enabled: can(me, 'prompts:read'),
  }).data;
  const flows = useFlows().data;
  return useMemo(
    () => ({
      seat: (seats ?? [])
        .filter((seat) => seat.state === 'active')
        .map((seat) => ({
          value: seat.id,
          label: seat.member_name || seat.label || seat.extension,
          note: seat.extension,
        })),
      team: (teams ?? []).map((team) => ({ value: team.id, label: team.name })),
      queue: (queues ?? []).map((queue) => ({ value: queue.id, label: queue.name })),
      prompt: (prompts ?? []).map((prompt) => ({ value: prompt.id, label: prompt.name })),
      flow: (flows ?? []).map((flow) => ({ value: flow.id, label: flow.name })),
    }),
    [seats, teams, queues, prompts, flows],
  );
}

export const useChoices = (what: What): Option<string>[] => useAll()[what];

/** Their names; of what is not there, its id. */
export function useNameOf(): NameOf {
  const all = useAll();
  return useMemo(() => (what, id) => all[what].find((one) => one.value === id)?.label ?? id, [all]);
}
