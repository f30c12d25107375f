/** Departments, teams and roles: what is asked and changed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

export const useDepartments = (enabled = true) =>
  useQuery({ queryKey: keys.departments, queryFn: () => ok(api.GET('/v1/departments')), enabled });
export const useTeams = (enabled = true) =>
  useQuery({ queryKey: keys.teams, queryFn: () => ok(api.GET('/v1/teams')), enabled });
export const useRoles = (enabled = true) =>
  useQuery({ queryKey: keys.roles, queryFn: () => ok(api.GET('/v1/roles')), enabled });

function useOrganisationChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const queryKey of [keys.departments, keys.teams, keys.members, keys.roles])
        void client.invalidateQueries({ queryKey });
    },
  });
}

export const useAddDepartment = () =>
  useOrganisationChange(({ key, ...body }: Schemas['DepartmentNew'] & { key: string }) =>
    ok(api.POST('/v1/departments', { body, headers: once(key) })),
  );
export const useChangeDepartment = () =>
  useOrganisationChange(({ id, ...body }: Schemas['DepartmentPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/departments/{id}', { params: { path: { id } }, body })),
  );
export const useRemoveDepartment = () =>
  useOrganisationChange((id: string) => ok(api.DELETE('/v1/departments/{id}', { params: { path: { id } } })));

export const useAddTeam = () =>
  useOrganisationChange(({ key, ...body }: Schemas['TeamNew'] & { key: string }) =>
    ok(api.POST('/v1/teams', { body, headers: once(key) })),
  );
export const useChangeTeam = () =>
  useOrganisationChange(({ id, ...body }: Schemas['TeamPatch'] & { id: string }) =>
    ok(api.PATCH('/v1/teams/{id}', { params: { path: { id } }, body })),
  );
export const useRemoveTeam = () =>
  useOrganisationChange((id: string) => ok(api.DELETE('/v1/teams/{id}', { params: { path: { id } } })));

export const useAddRole = () =>
  useOrganisationChange(({ key, ...body }: Schemas['RoleNew'] & { key: string }) =>
    ok(api.POST('/v1/roles', { body, headers: once(key) })),
  );
export const useChangeRole = () =>
  useOrganisationChange(({ id, ...body }: Schemas['RolePatch'] & { id: string }) =>
    ok(api.PATCH('/v1/roles/{id}', { params: { path: { id } }, body })),
  );
export const useRemoveRole = () =>
  useOrganisationChange((id: string) => ok(api.DELETE('/v1/roles/{id}', { params: { path: { id } } })));
