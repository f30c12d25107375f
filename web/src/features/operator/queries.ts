/** What the operator's pages ask and change. There is no event feed for operators: living figures are asked again. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { operatorApi as api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';

const LIVE_MS = 3_000;
const SLOW_MS = 15_000;

export const useSim = (id: string) =>
  useQuery({
    queryKey: keys.operator.sim(id),
    queryFn: () => ok(api.GET('/v1/operator/gateway-ports/{id}/sim', { params: { path: { id } } })),
    refetchInterval: SLOW_MS,
  });

export const useCapture = (id: string) =>
  useQuery({
    queryKey: keys.operator.capture(id),
    queryFn: () => ok(api.GET('/v1/operator/gateways/{id}/capture', { params: { path: { id } } })),
    refetchInterval: LIVE_MS,
  });

export const useOverview = () =>
  useQuery({
    queryKey: keys.operator.overview,
    queryFn: () => ok(api.GET('/v1/operator/overview')),
    refetchInterval: LIVE_MS,
  });

export const useSystem = () =>
  useQuery({
    queryKey: keys.operator.system,
    queryFn: () => ok(api.GET('/v1/operator/system')),
    refetchInterval: LIVE_MS,
  });

/** The messages of whatever company's call, addresses shown. */
export const useOperatorLadder = (id: string) =>
  useQuery({
    queryKey: keys.operator.ladder(id),
    queryFn: () => ok(api.GET('/v1/operator/calls/{id}/ladder', { params: { path: { id } } })),
    enabled: id !== '',
  });

export const useSites = () =>
  useQuery({ queryKey: keys.operator.sites, queryFn: () => ok(api.GET('/v1/operator/sites')) });

export const useProfiles = () =>
  useQuery({
    queryKey: keys.operator.profiles,
    queryFn: () => ok(api.GET('/v1/operator/gateway-profiles')),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const useGateways = () =>
  useQuery({
    queryKey: keys.operator.gateways,
    queryFn: () => ok(api.GET('/v1/operator/gateways')),
    refetchInterval: LIVE_MS,
  });

export const useGateway = (id: string, everyMs = LIVE_MS) =>
  useQuery({
    queryKey: keys.operator.gateway(id),
    queryFn: () => ok(api.GET('/v1/operator/gateways/{id}', { params: { path: { id } } })),
    refetchInterval: everyMs,
  });

export const useOperatorLiveCalls = () =>
  useQuery({
    queryKey: keys.operator.liveCalls,
    queryFn: () => ok(api.GET('/v1/operator/live-calls')),
    refetchInterval: LIVE_MS,
  });

export type TenantFilter = { search?: string; state?: string };

export const useTenants = (filter: TenantFilter) =>
  useInfiniteQuery({
    queryKey: keys.operator.tenants(filter),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/operator/tenants', {
          params: { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useTenant = (id: string | null) =>
  useQuery({
    queryKey: keys.operator.tenant(id ?? ''),
    queryFn: () => ok(api.GET('/v1/operator/tenants/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id !== null,
  });

export const useSupport = (id: string) =>
  useQuery({
    queryKey: keys.operator.support(id),
    queryFn: () => ok(api.GET('/v1/operator/tenants/{id}/support', { params: { path: { id } } })),
  });

export type JobState = Schemas['JobState'];

export const useJobs = (state: JobState | null) =>
  useInfiniteQuery({
    queryKey: keys.operator.jobs(state),
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/v1/operator/jobs', {
          params: { query: { ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useJobFigures = () =>
  useQuery({
    queryKey: keys.operator.jobFigures,
    queryFn: () => ok(api.GET('/v1/operator/jobs/figures')),
    refetchInterval: SLOW_MS,
  });

export const useImports = () =>
  useQuery({ queryKey: keys.operator.imports, queryFn: () => ok(api.GET('/v1/operator/number-imports')) });

export const usePendingLinks = () =>
  useQuery({
    queryKey: keys.operator.pendingLinks,
    queryFn: () => ok(api.GET('/v1/operator/pending-links')),
    refetchInterval: SLOW_MS,
  });

export type NumberFilter = { state?: Schemas['NumberState']; gateway_port?: string };

export const useOperatorNumbers = (filter: NumberFilter) =>
  useQuery({
    queryKey: keys.operator.numbers(filter),
    queryFn: () => ok(api.GET('/v1/operator/numbers', { params: { query: { ...filter, limit: 200 } } })),
  });

export const useOperatorNumberHistory = (id: string) =>
  useQuery({
    queryKey: keys.operator.numberHistory(id),
    queryFn: () => ok(api.GET('/v1/operator/numbers/{id}/history', { params: { path: { id } } })),
  });

/** A change after which every operator page is asked again: they are few and small. */
export function useOperatorChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: ['operator'] }),
  });
}

export const saveFile = (file: Blob, name: string) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

type WithId<T> = T & { id: string };
type WithKey<T> = T & { key: string };
const at = (id: string) => ({ path: { id } });

export const useAddSite = () =>
  useOperatorChange(({ key, ...body }: WithKey<Schemas['SiteNew']>) =>
    ok(api.POST('/v1/operator/sites', { body, headers: once(key) })),
  );
export const useChangeStock = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['OperatorNumberPatch']>) =>
    ok(api.PATCH('/v1/operator/numbers/{id}', { params: at(id), body })),
  );
export const useRemoveSite = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/sites/{id}', { params: at(id) })));
export const useAddGateway = () =>
  useOperatorChange(({ key, ...body }: WithKey<Schemas['GatewayNew']>) =>
    ok(api.POST('/v1/operator/gateways', { body, headers: once(key) })),
  );
export const useChangeGateway = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['GatewayPatch']>) =>
    ok(api.PATCH('/v1/operator/gateways/{id}', { params: at(id), body })),
  );
export const useRemoveGateway = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/gateways/{id}', { params: at(id) })));
export const useGatewayCredentials = () =>
  useOperatorChange((id: string) => ok(api.POST('/v1/operator/gateways/{id}/credentials', { params: at(id) })));
export const useChangePort = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['GatewayPortPatch']>) =>
    ok(api.PATCH('/v1/operator/gateway-ports/{id}', { params: at(id), body })),
  );
export const useBeginCapture = () =>
  useOperatorChange(({ id, minutes }: { id: string; minutes: number }) =>
    ok(api.POST('/v1/operator/gateways/{id}/capture', { params: at(id), body: { minutes } })),
  );
export const useEndCapture = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/gateways/{id}/capture', { params: at(id) })));
/** Fetches the file and gives it to the browser under this name. */
export const useCaptureFile = () =>
  useMutation({
    mutationFn: async ({ id, name }: { id: string; name: string }) => {
      const file = await ok(api.GET('/v1/operator/gateways/{id}/capture/file', { params: at(id), parseAs: 'blob' }));
      saveFile(file as unknown as Blob, name);
    },
  });
/** Asks and changes nothing: no page is asked again. */
export const usePreview = () =>
  useMutation({
    mutationFn: ({ id, ...body }: WithId<Schemas['NumberPreviewNew']>) =>
      ok(api.POST('/v1/operator/gateway-ports/{id}/preview', { params: at(id), body })),
  });
export const useTestCall = () =>
  useOperatorChange(({ id, called }: { id: string; called?: string }) =>
    ok(api.POST('/v1/operator/gateway-ports/{id}/test-call', { params: at(id), body: called ? { called } : {} })),
  );
export const useAddLine = () =>
  useOperatorChange((body: Schemas['LineNew']) => ok(api.POST('/v1/operator/lines', { body })));
export const useChangeLine = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['LinePatch']>) =>
    ok(api.PATCH('/v1/operator/lines/{id}', { params: at(id), body })),
  );
export const useRemoveLine = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/lines/{id}', { params: at(id) })));
export const useAddNumbers = () =>
  useOperatorChange(({ key, ...body }: WithKey<Schemas['NumbersNew']>) =>
    ok(api.POST('/v1/operator/numbers', { body, headers: once(key) })),
  );
export const useRetireNumber = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/numbers/{id}', { params: at(id) })));
export const useChangeTenant = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['OperatorTenantPatch']>) =>
    ok(api.PATCH('/v1/operator/tenants/{id}', { params: at(id), body })),
  );
export const useEnter = () =>
  useOperatorChange(({ id, ...body }: WithId<Schemas['SupportNew']>) =>
    ok(api.POST('/v1/operator/tenants/{id}/support', { params: at(id), body })),
  );
export const useRetryJob = () =>
  useOperatorChange((id: string) => ok(api.POST('/v1/operator/jobs/{id}/retry', { params: at(id) })));
export const useDiscardJob = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/jobs/{id}', { params: at(id) })));
export const useUndoImport = () =>
  useOperatorChange((id: string) => ok(api.DELETE('/v1/operator/number-imports/{id}', { params: at(id) })));

/** A file goes as it is, not as JSON. */
const asCsv = { bodySerializer: (body: string) => body, headers: { 'Content-Type': 'text/csv' } };

export const usePreviewImport = () =>
  useMutation({
    mutationFn: (body: string) => ok(api.POST('/v1/operator/number-imports/preview', { body, ...asCsv })),
  });
export const useImport = () =>
  useOperatorChange((input: { body: string; name: string; key: string }) =>
    ok(
      api.POST('/v1/operator/number-imports', {
        body: input.body,
        params: { query: { name: input.name, skip_bad: true } },
        bodySerializer: asCsv.bodySerializer,
        headers: { ...asCsv.headers, ...once(input.key) },
      }),
    ),
  );
export const useMatch = () =>
  useMutation({ mutationFn: (body: Schemas['MatchAsk']) => ok(api.POST('/v1/operator/match', { body })) });
