/** What the team pages ask and change. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import { session } from '../../api/session';
import type { Schemas, Seat } from '../../api/types';

export const useSeats = () => useQuery({ queryKey: keys.seats, queryFn: () => ok(api.GET('/v1/seats')) });
export const useMembers = () => useQuery({ queryKey: keys.members, queryFn: () => ok(api.GET('/v1/members')) });
export const useInvitations = (enabled = true) =>
  useQuery({ queryKey: keys.invitations, queryFn: () => ok(api.GET('/v1/invitations')), enabled });

/** After a change of seats one's own seat may be another. */
export async function reloadMe(): Promise<void> {
  session.update(await ok(api.GET('/v1/me')));
}

function useTeamChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const queryKey of [keys.seats, keys.members, keys.invitations, keys.onboarding, keys.softphone])
        void client.invalidateQueries({ queryKey });
      void reloadMe().catch(() => undefined);
    },
  });
}

export const useAddSeat = () =>
  useTeamChange(({ key, ...body }: Schemas['SeatNew'] & { key: string }) =>
    ok(api.POST('/v1/seats', { body, headers: once(key) })),
  );

/** Takes a seat for oneself; the company's numbers that lead nowhere yet ring there from now on. */
export const useTakeSeat = () => {
  const client = useQueryClient();
  return useTeamChange(async ({ key, ...body }: Schemas['SeatNew'] & { key: string }): Promise<Seat> => {
    const seat = await ok(api.POST('/v1/seats', { body, headers: once(key) }));
    const numbers = await ok(api.GET('/v1/numbers', { params: { query: { limit: 200 } } }));
    for (const { id } of numbers.items.filter((one) => one.destination_kind === 'nowhere'))
      await ok(
        api.PATCH('/v1/numbers/{id}', {
          params: { path: { id } },
          body: { destination_kind: 'seat', destination_seat: seat.id },
        }),
      );
    void client.invalidateQueries({ queryKey: keys.numbers });
    return seat;
  });
};

export const useChangeSeat = () =>
  useTeamChange(({ id, ...body }: Schemas['SeatPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/seats/{id}', { params: { path: { id } }, body })),
  );

export const useReleaseSeat = () =>
  useTeamChange((id: string) => ok(api.DELETE('/v1/seats/{id}', { params: { path: { id } } })));

export const useAddDevice = () =>
  useTeamChange(({ seat, label, key }: { seat: string; label: string; key: string }) =>
    ok(api.POST('/v1/seats/{id}/devices', { params: { path: { id: seat } }, body: { label }, headers: once(key) })),
  );

export const useNewCredentials = () =>
  useTeamChange((id: string) => ok(api.POST('/v1/devices/{id}/credentials', { params: { path: { id } } })));

export const useRemoveDevice = () =>
  useTeamChange((id: string) => ok(api.DELETE('/v1/devices/{id}', { params: { path: { id } } })));

export const useInvite = () =>
  useTeamChange(({ key, ...body }: Schemas['InvitationNew'] & { key: string }) =>
    ok(api.POST('/v1/invitations', { body, headers: once(key) })),
  );

export const useRevokeInvitation = () =>
  useTeamChange((id: string) => ok(api.DELETE('/v1/invitations/{id}', { params: { path: { id } } })));

export const useChangeMember = () =>
  useTeamChange(({ id, ...body }: Schemas['MemberPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/members/{id}', { params: { path: { id } }, body })),
  );

/** `heir` gets the seat and answers for the keys. */
export const useRemoveMember = () =>
  useTeamChange(({ id, heir }: { id: string; heir?: string }) =>
    ok(api.DELETE('/v1/members/{id}', { params: { path: { id }, query: heir ? { heir } : {} } })),
  );

/** Turns off the second factor of somebody who lost it. */
export const useResetFactor = () =>
  useTeamChange((id: string) => ok(api.POST('/v1/members/{id}/second-factor/reset', { params: { path: { id } } })));

export const useSignOutMember = () =>
  useTeamChange((id: string) => ok(api.POST('/v1/members/{id}/sign-out', { params: { path: { id } } })));
