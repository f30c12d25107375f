/** What the flow pages ask and change. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { once } from '../../api/client';
import { keys } from '../../api/query';
import { type Graph, readGraph } from './model/graph';
import { raw } from './raw';

export type Finding = {
  severity: 'error' | 'warning';
  code: string;
  node?: string | null;
  field?: string | null;
  detail?: string | null;
};

export type Outcome = 'hung_up' | 'caller_hung_up' | 'talked' | 'transferred' | 'dead_end' | 'limit_reached';

export type Act =
  | { do: 'keys'; keys: string }
  | { do: 'silence' }
  | { do: 'wait'; seconds: number }
  | { do: 'listen' }
  | { do: 'answer'; status: number; body: unknown }
  | { do: 'join' }
  | { do: 'ring'; end: 'no_answer' | 'busy' | 'failed' | 'over' }
  | { do: 'queue'; end: 'full' | 'timed_out' | 'nobody' | 'over' | 'failed' }
  | { do: 'message'; seconds: number }
  | { do: 'hang_up' };

export type Script = { caller: string; called: string; at: string; acts: Act[] };

export type What =
  | { kind: 'answers' | 'beeps' | 'interrupts' | 'leaves_queue' | 'stops_ringing' | 'stops_recording' }
  | { kind: 'says'; text: string; language: string }
  | { kind: 'plays'; prompt: string; language: string }
  | { kind: 'key'; key: string }
  | { kind: 'asks'; method: string; url: string }
  | { kind: 'queues'; queue: string }
  | { kind: 'rings'; targets: string[]; for_good: boolean }
  | { kind: 'records'; mailbox: string }
  | { kind: 'call_back'; number: string }
  | { kind: 'survey'; question: string; score: number }
  | { kind: 'consent'; given: boolean }
  | { kind: 'sensitive'; on: boolean }
  | { kind: 'ends'; outcome: Outcome };

export type PathStep = {
  flow: string;
  version: number;
  node: string;
  kind: string;
  label: string;
  entered_ms: number;
  stayed_ms: number;
  keys: string;
  exit?: string | null;
};

export type Trace = {
  events: { at_ms: number; node: string; what: What }[];
  path: PathStep[];
  node: string;
  flow: string;
  outcome?: Outcome | null;
  waiting?: 'play' | 'keys' | 'answer' | 'ring' | 'queue' | 'message' | 'talk' | null;
  at_ms: number;
  variables: Record<string, string | number | boolean>;
  misfit?: number | null;
};

export type Expect = { visits: string[]; ends_at?: string | null; outcome?: Outcome | null; says: string[] };
export type Sample = { name: string; script: Script; expect: Expect };
export type Fault =
  | { kind: 'misfit'; act: number }
  | { kind: 'not_visited'; node: string }
  | { kind: 'ends_elsewhere'; node: string }
  | { kind: 'other_outcome'; outcome?: Outcome | null }
  | { kind: 'not_said'; words: string };
export type Verdict = { name: string; faults: Fault[] };

export type FlowSummary = {
  id: string;
  name: string;
  live?: number | null;
  is_changed: boolean;
  revision: number;
  changed_by: string;
  changed_at: string;
  numbers: string[];
};

export type Flow = FlowSummary & {
  draft: unknown;
  samples: Sample[];
  findings: Finding[];
  verdicts: Verdict[];
  is_sound: boolean;
};

export type FlowVersion = {
  id: string;
  flow: string;
  number: number;
  note: string;
  published_by: string;
  published_at: string;
  is_live: boolean;
};

export type Starter = 'greeting' | 'hours_menu' | 'after_hours' | 'blank';

/** What can be said of a draft: found by the server with each save. */
export type Judged = Pick<Flow, 'findings' | 'verdicts' | 'is_sound'>;

export const useFlows = (enabled = true) =>
  useQuery({ queryKey: keys.flows, queryFn: (): Promise<FlowSummary[]> => raw.get('/v1/flows'), enabled });

export const loadFlow = (id: string): Promise<Flow> => raw.get(`/v1/flows/${id}`);

export const useFlow = (id: string) => useQuery({ queryKey: keys.flow(id), queryFn: () => loadFlow(id) });

/** Throws 409 `flow_changed` where the draft is of another revision by now. */
export const storeFlow = (id: string, change: { draft?: Graph; samples?: Sample[]; revision: number }): Promise<Flow> =>
  raw.patch(`/v1/flows/${id}`, change);

export const graphOf = (flow: Flow): Graph => readGraph(flow.draft);

export const useVersions = (id: string, enabled = true) =>
  useQuery({
    queryKey: keys.flowVersions(id),
    queryFn: (): Promise<FlowVersion[]> => raw.get(`/v1/flows/${id}/versions`),
    enabled,
  });

/** What was drawn in a version; that never changes. */
export const useFlowVersion = (id: string | null) =>
  useQuery({
    queryKey: keys.flowVersion(id ?? ''),
    queryFn: async (): Promise<Graph> => readGraph((await raw.get(`/v1/flow-versions/${id}`)).graph),
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
    queryFn: async (): Promise<Trace> => (await raw.post(`/v1/flows/${id}/simulate`, { script, draft: graph })).trace,
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
  useFlowChange(
    ({ key, ...body }: { note: string; revision: number; key: string }): Promise<FlowVersion> =>
      raw.post(`/v1/flows/${id}/publish`, body, { headers: once(key) }),
  );

export const useRollBack = () =>
  useFlowChange((version: string): Promise<Flow> => raw.post(`/v1/flow-versions/${version}/roll-back`));

export const useMakeFlow = () =>
  useFlowChange(
    ({ key, ...body }: { name: string; starter: Starter; key: string }): Promise<Flow> =>
      raw.post('/v1/flows', body, { headers: once(key) }),
  );

/** The same draft and sample calls under another name; its versions stay with the first. */
export const useDuplicateFlow = () =>
  useFlowChange(async ({ id, name, key }: { id: string; name: string; key: string }): Promise<Flow> => {
    const { draft, samples } = await loadFlow(id);
    const made: Flow = await raw.post('/v1/flows', { name, starter: 'blank' }, { headers: once(key) });
    return raw.patch(`/v1/flows/${made.id}`, { draft, samples, revision: made.revision });
  });

export const useRenameFlow = () =>
  useFlowChange(({ id, name }: { id: string; name: string }): Promise<Flow> => raw.patch(`/v1/flows/${id}`, { name }));

export const useDeleteFlow = () => useFlowChange((id: string) => raw.remove(`/v1/flows/${id}`));
