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
      queue: [],
      prompt: [],
      flow: (flows ?? []).map((flow) => ({ value: flow.id, label: flow.name })),
    }),
    [seats, teams, flows],
  );
}

export const useChoices = (what: What): Option<string>[] => useAll()[what];

/** Their names; of what is not there, its id. */
export function useNameOf(): NameOf {
  const all = useAll();
  return useMemo(() => (what, id) => all[what].find((one) => one.value === id)?.label ?? id, [all]);
}
