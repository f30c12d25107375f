/** What the flow pages ask and change. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ok, once } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { type Graph, readGraph } from './model/graph';

export type Finding = Schemas['FlowFinding'];
export type Act = Schemas['FlowAct'];
export type What = Schemas['FlowWhat'];
export type Trace = Schemas['FlowTrace'];
export type Fault = Schemas['FlowFault'];
export type Verdict = Schemas['SampleVerdict'];
export type FlowSummary = Schemas['FlowSummary'];
export type FlowVersion = Schemas['FlowVersion'];
export type Starter = Schemas['FlowStarter'];
/** Whoever sends these may leave parts out; the server never does. */
export type Script = Required<Schemas['FlowScript']>;
export type Sample = { name: string; script: Script; expect: Schemas['FlowExpect'] };
export type Flow = Omit<Schemas['Flow'], 'samples'> & { samples: Sample[] };

/** The document knows a draft as an object and no more. */
type Drawn = Schemas['Flow']['draft'];
const drawn = (graph: Graph) => graph as unknown as Drawn;
const whole = async (flow: Promise<Schemas['Flow']>): Promise<Flow> => (await flow) as Flow;

export const useFlows = (enabled = true) =>
  useQuery({ queryKey: keys.flows, queryFn: () => ok(api.GET('/v1/flows')), enabled });

export const loadFlow = (id: string): Promise<Flow> =>
  whole(ok(api.GET('/v1/flows/{id}', { params: { path: { id } } })));

export const useFlow = (id: string) => useQuery({ queryKey: keys.flow(id), queryFn: () => loadFlow(id) });

/** Throws 409 `flow_changed` where the draft is of another revision by now. */
export const storeFlow = (
  id: string,
  { draft, ...change }: { draft?: Graph; samples?: Sample[]; revision: number },
): Promise<Flow> => patch(id, { ...change, ...(draft ? { draft: drawn(draft) } : {}) });

const patch = (id: string, body: Schemas['FlowPatch']): Promise<Flow> =>
  whole(ok(api.PATCH('/v1/flows/{id}', { params: { path: { id } }, body })));

export const graphOf = (flow: Flow): Graph => readGraph(flow.draft);

export const useVersions = (id: string, enabled = true) =>
  useQuery({
    queryKey: keys.flowVersions(id),
    queryFn: () => ok(api.GET('/v1/flows/{id}/versions', { params: { path: { id } } })),
    enabled,
  });

/** What was drawn in a version; that never changes. */
export const useFlowVersion = (id: string | null) =>
  useQuery({
    queryKey: keys.flowVersion(id ?? ''),
    queryFn: async (): Promise<Graph> => {
      const path = { id: id ?? '' };
      return readGraph((await ok(api.GET('/v1/flow-versions/{id}', { params: { path } }))).graph);
    },
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });

const numbered = new WeakMap<Graph, number>();
let drafts = 0;

/** A number of one draft as it is now: quicker to compare than the draft. */
function numberOf(graph: Graph): number {
  const known = numbered.get(graph);
  if (known !== undefined) return known;
  drafts += 1;
  numbered.set(graph, drafts);
  return drafts;
}

/** The call as it goes so far, on the draft as it is now; each is asked for once, so that a step back is there at once. */
export const useSimulation = (id: string, enabled: boolean, graph: Graph, script: Script) =>
  useQuery({
    queryKey: keys.flowSimulation(id, numberOf(graph), script),
    queryFn: async (): Promise<Trace> => {
      const body = { script, draft: drawn(graph) };
      return (await ok(api.POST('/v1/flows/{id}/simulate', { params: { path: { id } }, body }))).trace;
    },
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });

function useFlowChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => {
      for (const noun of ['flows', 'numbers']) void client.invalidateQueries({ queryKey: [noun] });
    },
  });
}

export const usePublish = (id: string) =>
  useFlowChange(({ key, ...body }: { note: string; revision: number; key: string }) =>
    ok(api.POST('/v1/flows/{id}/publish', { params: { path: { id } }, body, headers: once(key) })),
  );

export const useRollBack = () =>
  useFlowChange((id: string) => ok(api.POST('/v1/flow-versions/{id}/roll-back', { params: { path: { id } } })));

const make = (body: Schemas['FlowNew'], key: string): Promise<Flow> =>
  whole(ok(api.POST('/v1/flows', { body, headers: once(key) })));

export const useMakeFlow = () =>
  useFlowChange(({ key, ...body }: { name: string; starter: Starter; key: string }) => make(body, key));

/** The same draft and sample calls under another name; its versions stay with the first. */
export const useDuplicateFlow = () =>
  useFlowChange(async ({ id, name, key }: { id: string; name: string; key: string }): Promise<Flow> => {
    const { draft, samples } = await loadFlow(id);
    const made = await make({ name, starter: 'blank' }, key);
    return patch(made.id, { draft, samples, revision: made.revision });
  });

export const useRenameFlow = () => useFlowChange(({ id, name }: { id: string; name: string }) => patch(id, { name }));

export const useDeleteFlow = () =>
  useFlowChange((id: string) => ok(api.DELETE('/v1/flows/{id}', { params: { path: { id } } })));
