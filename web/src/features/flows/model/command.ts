/** Everything that can be done to a draft, as values: the canvas, the outline and the panels all speak these. */
import { type ExitsOf, type FlowNode, freshName, type Graph, type Place, type Settings, type Variable } from './graph';

/** An exit of a node. */
export type Way = { from: string; exit: string };

export type Command =
  /** A new node; `into` puts it on that way: what the way led to then comes after the new node, by its exit `through`. `shift` makes room. */
  | { do: 'add'; name: string; node: FlowNode; into?: Way; through?: string | null; shift?: Record<string, Place> }
  /** Several at once, with the ways between them. */
  | { do: 'paste'; nodes: Record<string, FlowNode> }
  /** What led to a node that has one exit leads on to where that exit led. */
  | { do: 'remove'; names: string[] }
  | { do: 'connect'; way: Way; to: string | null }
  | { do: 'label'; name: string; label: string }
  /** New settings; `renamed` says which exits have another name now. Exits that are no more lose their way. */
  | { do: 'set'; name: string; settings: Settings; renamed?: Record<string, string> }
  | { do: 'move'; places: Record<string, Place> }
  | { do: 'flow'; change: Partial<Pick<Graph, 'language' | 'languages' | 'zone' | 'variables'>> }
  /** A variable under another name, in every text and setting that mentions it. */
  | { do: 'rename_variable'; from: string; to: string }
  /** Another draft altogether: an older version taken up, or that of somebody else. */
  | { do: 'replace'; graph: Graph };

/** The draft after a command. What cannot be done leaves it as it was: the same object. */
export function apply(graph: Graph, command: Command, exitsOf: ExitsOf): Graph {
  switch (command.do) {
    case 'add':
      return add(graph, command, exitsOf);
    case 'paste':
      return { ...graph, nodes: { ...graph.nodes, ...command.nodes } };
    case 'remove':
      return remove(graph, command.names);
    case 'connect':
      return connect(graph, command.way, command.to);
    case 'label':
      return change(graph, command.name, (node) => ({ ...node, label: command.label.slice(0, 80) }));
    case 'set':
      return change(graph, command.name, (node) =>
        withSettings(node, command.settings, command.renamed ?? {}, exitsOf),
      );
    case 'move':
      return move(graph, command.places);
    case 'flow':
      return { ...graph, ...command.change };
    case 'rename_variable':
      return renameVariable(graph, command.from, command.to);
    case 'replace':
      return command.graph;
  }
}

/** Commands of one kind at one place in quick succession are one step back: typing, dragging. */
export function mergeKey(command: Command): string | null {
  switch (command.do) {
    case 'label':
    case 'set':
      return `${command.do} ${command.name}`;
    case 'move':
      return `move ${Object.keys(command.places).sort().join()}`;
    case 'flow':
      return `flow ${Object.keys(command.change).sort().join()}`;
    default:
      return null;
  }
}

function change(graph: Graph, name: string, how: (node: FlowNode) => FlowNode): Graph {
  const node = graph.nodes[name];
  return node ? { ...graph, nodes: { ...graph.nodes, [name]: how(node) } } : graph;
}

function add(graph: Graph, command: Extract<Command, { do: 'add' }>, exitsOf: ExitsOf): Graph {
  if (graph.nodes[command.name]) return graph;
  const { into } = command;
  const from = into && graph.nodes[into.from];
  const after = into && from?.exits[into.exit];
  const through =
    command.through === undefined
      ? exitsOf(command.node.kind, command.node.settings)[0]
      : (command.through ?? undefined);
  const exits = after && through ? { ...command.node.exits, [through]: after } : command.node.exits;
  const roomy = command.shift ? move(graph, command.shift) : graph;
  const added = { ...roomy, nodes: { ...roomy.nodes, [command.name]: { ...command.node, exits } } };
  return into && from ? connect(added, into, command.name) : added;
}

function remove(graph: Graph, names: string[]): Graph {
  const gone = new Set(names.filter((name) => name !== graph.start && graph.nodes[name]));
  if (gone.size === 0) return graph;
  // Where a way comes out behind the removed ones; nowhere where there is more than one, or they run in a circle.
  const behind = (name: string, seen: Set<string> = new Set()): string | undefined => {
    if (!gone.has(name)) return name;
    const exits = [...new Set(Object.values(graph.nodes[name]?.exits ?? {}))];
    const [only] = exits;
    if (exits.length !== 1 || only === undefined || seen.has(name)) return undefined;
    return behind(only, seen.add(name));
  };
  const nodes: Record<string, FlowNode> = {};
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (gone.has(name)) continue;
    const touched = Object.values(node.exits).some((to) => gone.has(to));
    const exits = Object.entries(node.exits).flatMap(([exit, to]) => {
      const next = behind(to);
      // A step that would lead to itself at once would never end.
      return next === undefined || (next === name && to !== name) ? [] : [[exit, next]];
    });
    nodes[name] = touched ? { ...node, exits: Object.fromEntries(exits) } : node;
  }
  return { ...graph, nodes };
}

function connect(graph: Graph, way: Way, to: string | null): Graph {
  const node = graph.nodes[way.from];
  if (!node || to === graph.start || (to !== null && !graph.nodes[to])) return graph;
  if ((node.exits[way.exit] ?? null) === to) return graph;
  const { [way.exit]: _, ...others } = node.exits;
  const exits = to === null ? others : { ...others, [way.exit]: to };
  return { ...graph, nodes: { ...graph.nodes, [way.from]: { ...node, exits } } };
}

function withSettings(node: FlowNode, settings: Settings, renamed: Record<string, string>, exitsOf: ExitsOf): FlowNode {
  const known = new Set(exitsOf(node.kind, settings));
  const exits = Object.entries(node.exits)
    .map(([exit, to]) => [renamed[exit] ?? exit, to] as const)
    .filter(([exit]) => known.has(exit));
  return { ...node, settings, exits: Object.fromEntries(exits) };
}

function move(graph: Graph, places: Record<string, Place>): Graph {
  const nodes = { ...graph.nodes };
  let moved = false;
  for (const [name, place] of Object.entries(places)) {
    const node = nodes[name];
    const next = { x: Math.round(place.x), y: Math.round(place.y) };
    if (!node || (node.place.x === next.x && node.place.y === next.y)) continue;
    nodes[name] = { ...node, place: next };
    moved = true;
  }
  return moved ? { ...graph, nodes } : graph;
}

/** Settings that name a variable do so under this key. */
const NAMES = 'variable';

function renameVariable(graph: Graph, from: string, to: string): Graph {
  const variables = graph.variables.map((one): Variable => (one.name === from ? { ...one, name: to } : one));
  const hole = new RegExp(`\\{\\{\\s*${from.replace(/[^\w]/g, '\\$&')}\\s*\\}\\}`, 'g');
  const through = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return key === NAMES && value === from ? to : value.replace(hole, `{{${to}}}`);
    if (Array.isArray(value)) return value.map((one) => through(one, key));
    if (value && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, through(one, name)]));
    return value;
  };
  const nodes = Object.entries(graph.nodes).map(([name, node]) => [
    name,
    { ...node, settings: through(node.settings, '') as Settings },
  ]);
  return { ...graph, variables, nodes: Object.fromEntries(nodes) };
}

/** Nodes taken along, the start aside, with the ways between them. */
export function copyOf(graph: Graph, names: string[]): Record<string, FlowNode> {
  const taken = names.filter((name) => name !== graph.start && graph.nodes[name]);
  const copied = taken.flatMap((name) => {
    const node = graph.nodes[name];
    if (!node) return [];
    const exits = Object.entries(node.exits).filter(([, to]) => taken.includes(to));
    return [[name, { ...node, exits: Object.fromEntries(exits) }]];
  });
  return Object.fromEntries(copied);
}

/** The same nodes under names that are free here, `by` further right and down. */
export function pasted(graph: Graph, nodes: Record<string, FlowNode>, by: Place): Record<string, FlowNode> {
  const names = new Map<string, string>();
  const used = new Set(Object.keys(graph.nodes));
  for (const [name, node] of Object.entries(nodes)) {
    const fresh = freshName(node.kind, (one) => used.has(one));
    used.add(fresh);
    names.set(name, fresh);
  }
  const made = Object.entries(nodes).map(([name, node]) => {
    const exits = Object.entries(node.exits).flatMap(([exit, to]) => {
      const next = names.get(to);
      return next ? [[exit, next]] : [];
    });
    const place = { x: node.place.x + by.x, y: node.place.y + by.y };
    return [names.get(name), { ...node, place, exits: Object.fromEntries(exits) }];
  });
  return Object.fromEntries(made);
}
