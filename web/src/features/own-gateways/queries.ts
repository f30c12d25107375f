/** What is asked and changed about gateways that the company racked itself. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { GatewayProfile, Schemas } from '../../api/types';

/** Lights change without an event. */
const LIVE_MS = 5_000;

export const useOwnGateways = () =>
  useQuery({
    queryKey: keys.ownGateways,
    queryFn: () => ok(api.GET('/v1/gateways')),
    refetchInterval: LIVE_MS,
  });

export const useOwnGateway = (id: string, everyMs: number) =>
  useQuery({
    queryKey: keys.ownGateway(id),
    queryFn: () => ok(api.GET('/v1/gateways/{id}', { params: { path: { id } } })),
    refetchInterval: everyMs,
  });

export const useSites = () => useQuery({ queryKey: keys.ownSites, queryFn: () => ok(api.GET('/v1/sites')) });

/** A company's gateway registers, or is known by its address; the platform registers with none. */
const joining = (profiles: GatewayProfile[]): GatewayProfile[] =>
  profiles
    .map((one) => ({ ...one, connections: one.connections.filter((way) => way !== 'we_register') }))
    .filter((one) => one.connections.length > 0);

export const useProfiles = () =>
  useQuery({
    queryKey: keys.gatewayProfiles,
    queryFn: () => ok(api.GET('/v1/gateway-profiles')),
    staleTime: Number.POSITIVE_INFINITY,
    select: joining,
  });

export const useLab = () =>
  useQuery({ queryKey: ['lab'], queryFn: () => ok(api.GET('/v1/lab')), staleTime: Number.POSITIVE_INFINITY });

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const noun of ['own-gateways', 'own-sites', 'gateway-ports', 'numbers', 'number-checks'])
        void client.invalidateQueries({ queryKey: [noun] });
    },
  });
}

export const useAddSite = () =>
  useChange(({ key, ...body }: Schemas['CompanySiteNew'] & { key: string }) =>
    ok(api.POST('/v1/sites', { body, headers: once(key) })),
  );

export const useRack = () =>
  useChange(({ key, ...body }: Schemas['OwnGatewayNew'] & { key: string }) =>
    ok(api.POST('/v1/gateways', { body, headers: once(key) })),
  );

export const useRename = () =>
  useChange(({ id, label }: { id: string; label: string }) =>
    ok(api.PATCH('/v1/gateways/{id}', { params: { path: { id } }, body: { label } })),
  );

export const useRenew = () =>
  useChange(({ id, key }: { id: string; key: string }) =>
    ok(api.POST('/v1/gateways/{id}/credentials', { params: { path: { id } }, headers: once(key) })),
  );

export const useUnrack = () =>
  useChange((id: string) => ok(api.DELETE('/v1/gateways/{id}', { params: { path: { id } } })));

export const useBeginCheck = () =>
  useChange(({ key, ...body }: Schemas['NumberCheckNew'] & { key: string }) =>
    ok(api.POST('/v1/number-checks', { body, headers: once(key) })),
  );

export const useCheckCall = () =>
  useChange(({ id, language }: { id: string; language: string }) =>
    ok(api.POST('/v1/number-checks/{id}/call', { params: { path: { id } }, body: { language } })),
  );

/** The check, looked at every second while its number is called. */
export const useCheck = (began: Schemas['NumberCheck'] | null) =>
  useQuery({
    queryKey: keys.numberCheck(began?.id ?? ''),
    queryFn: () => ok(api.GET('/v1/number-checks/{id}', { params: { path: { id: began?.id ?? '' } } })),
    enabled: began !== null,
    refetchInterval: (query) => (query.state.data?.state === 'calling' ? 1_000 : false),
  });

export const useLabAnswer = () =>
  useMutation({
    mutationFn: (body: Schemas['LabAnswer']) => ok(api.POST('/v1/lab/answer', { body })),
  });
