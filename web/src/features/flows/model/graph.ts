/** A drawn flow in the form that the server reads and writes (`server/ivr/src/graph.rs`). What a kind's settings mean is its panel's business. */

export type Place = { x: number; y: number };
export type Settings = Record<string, unknown>;

export type FlowNode = {
  kind: string;
  /** What people call it; empty: its kind. */
  label: string;
  place: Place;
  settings: Settings;
  /** Names of exits and the nodes that they lead to. */
  exits: Record<string, string>;
};

export type VariableKind = 'text' | 'number' | 'yes_no';
export type Variable = { name: string; kind: VariableKind; initial?: string | number | boolean | null };

export type Graph = {
  schema: 1;
  start: string;
  /** The language in which a call begins. */
  language: string;
  /** The others that texts are written in. */
  languages: string[];
  zone: string;
  variables: Variable[];
  nodes: Record<string, FlowNode>;
};

/** Names of the exits of a node of this kind with these settings. */
export type ExitsOf = (kind: string, settings: Settings) => string[];

export const START = 'start';
export const MAX_NODES = 500;

type Loose = Partial<Omit<Graph, 'nodes'>> & { nodes?: Record<string, Partial<FlowNode> & { kind: string }> };

/** The server leaves out what is empty; the editor wants it all. */
export function readGraph(json: unknown): Graph {
  const loose = json as Loose;
  const nodes = Object.entries(loose.nodes ?? {}).map(([name, node]): [string, FlowNode] => [
    name,
    {
      kind: node.kind,
      label: node.label ?? '',
      place: node.place ?? { x: 0, y: 0 },
      settings: node.settings ?? {},
      exits: node.exits ?? {},
    },
  ]);
  return {
    schema: 1,
    start: loose.start ?? START,
    language: loose.language ?? 'en',
    languages: loose.languages ?? [],
    zone: loose.zone ?? 'UTC',
    variables: loose.variables ?? [],
    nodes: Object.fromEntries(nodes),
  };
}

/** Every language that texts should be written in, the first one first. */
export function languagesOf(graph: Graph): string[] {
  return [...new Set([graph.language, ...graph.languages])];
}

/** A name that no node has: `menu`, `menu-2`, `menu-3`. */
export function freshName(kind: string, taken: (name: string) => boolean): string {
  const stem =
    kind
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '-')
      .slice(0, 34) || 'step';
  if (!taken(stem)) return stem;
  for (let number = 2; ; number += 1) if (!taken(`${stem}-${number}`)) return `${stem}-${number}`;
}

/** Nodes that lead to this one, with the exits by which they do. */
export function waysInto(graph: Graph, name: string): { from: string; exit: string }[] {
  return Object.entries(graph.nodes).flatMap(([from, node]) =>
    Object.entries(node.exits)
      .filter(([, to]) => to === name)
      .map(([exit]) => ({ from, exit })),
  );
}

/** Nodes that a call can come to. */
export function reached(graph: Graph): Set<string> {
  const found = new Set<string>();
  const open = [graph.start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = graph.nodes[name];
    if (!node || found.has(name)) continue;
    found.add(name);
    open.push(...Object.values(node.exits));
  }
  return found;
}
