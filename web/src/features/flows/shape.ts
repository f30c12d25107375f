/** How large a step is drawn, and where a new one goes. */
import type { Exit, Words } from './kind';
import { exitName, exitsOfNode } from './kinds';
import type { Way } from './model/command';
import type { FlowNode, Graph, Place } from './model/graph';
import type { Size } from './model/layout';

const LEAST = 196;
const HEAD = 56;
const EXITS = 32;
const GAP = 64;
/** Wide enough for most steps that are new. */
const ROOM = 260;

/** Inter at 12 px: a Chinese character is as wide as high, others a little more than half of it. */
const textWidth = (text: string): number => [...text].reduce((sum, letter) => sum + (letter > '⺀' ? 12 : 6.8), 0);

/** Exits as they stand side by side; one alone needs no name. */
export const shownExits = (node: FlowNode): Exit[] => {
  const exits = exitsOfNode(node);
  return exits.length > 1 || exits[0]?.name !== 'next' ? exits : [];
};

export const exitWidth = (node: FlowNode, exit: string, t: Words): number =>
  Math.min(120, Math.max(44, Math.ceil(textWidth(exitName(node, exit, t))) + 18));

export function stepSize(node: FlowNode, t: Words): Size {
  const exits = shownExits(node);
  const width = exits.reduce((sum, exit) => sum + exitWidth(node, exit.name, t), 0);
  return { width: Math.max(LEAST, width), height: exits.length > 0 ? HEAD + EXITS : HEAD };
}

/** Below the step that it follows, in the middle of the way it is put on; what stands there moves down. */
export function roomFor(graph: Graph, into: Way, t: Words): { place: Place; shift: Record<string, Place> } {
  const from = graph.nodes[into.from];
  if (!from) return { place: { x: 0, y: 0 }, shift: {} };
  const size = stepSize(from, t);
  const exits = shownExits(from);
  const before = exits.slice(
    0,
    exits.findIndex((exit) => exit.name === into.exit),
  );
  const after = from.exits[into.exit];
  const next = after === undefined ? undefined : graph.nodes[after];
  const across = exits.length > 0 ? before.length * (LEAST + 32) - ((exits.length - 1) * (LEAST + 32)) / 2 : 0;
  const x = next && next.place.y > from.place.y ? next.place.x : from.place.x + (size.width - LEAST) / 2 + across;
  const y = from.place.y + size.height + GAP;
  const hits = (node: FlowNode): boolean => {
    const { width, height } = stepSize(node, t);
    const across = node.place.x < x + ROOM && node.place.x + width > x - GAP / 4;
    return across && node.place.y < y + HEAD + EXITS && node.place.y + height > from.place.y + size.height;
  };
  const taken = Object.values(graph.nodes).some(hits);
  const shift = taken
    ? Object.entries(graph.nodes)
        .filter(([, node]) => node.place.y > from.place.y)
        .map(([name, node]) => [name, { x: node.place.x, y: node.place.y + HEAD + EXITS + GAP }])
    : [];
  return { place: { x: Math.round(x), y }, shift: Object.fromEntries(shift) };
}
