/** What is different between two versions of a flow, node by node; where nodes are drawn is no difference. */
import type { FlowNode, Graph } from './graph';

export type Change = {
  name: string;
  label: boolean;
  kind: boolean;
  /** First words of the settings that are different. */
  settings: string[];
  exits: { exit: string; from: string | null; to: string | null }[];
};

export type Diff = {
  added: string[];
  removed: string[];
  changed: Change[];
  /** What of the flow itself is different. */
  flow: ('start' | 'language' | 'languages' | 'zone' | 'variables')[];
};

export function diff(from: Graph, to: Graph): Diff {
  const names = [...new Set([...Object.keys(from.nodes), ...Object.keys(to.nodes)])].sort();
  const changed = names.flatMap((name) => {
    const [before, after] = [from.nodes[name], to.nodes[name]];
    const found = before && after ? between(name, before, after) : null;
    return found ? [found] : [];
  });
  const flow = (['start', 'language', 'languages', 'zone', 'variables'] as const).filter(
    (key) => !same(from[key], to[key]),
  );
  return {
    added: names.filter((name) => !from.nodes[name]),
    removed: names.filter((name) => !to.nodes[name]),
    changed,
    flow,
  };
}

export const sizeOf = (found: Diff): number =>
  found.added.length + found.removed.length + found.changed.length + found.flow.length;

function between(name: string, before: FlowNode, after: FlowNode): Change | null {
  const keys = [...new Set([...Object.keys(before.settings), ...Object.keys(after.settings)])].sort();
  const exits = [...new Set([...Object.keys(before.exits), ...Object.keys(after.exits)])]
    .sort()
    .map((exit) => ({ exit, from: before.exits[exit] ?? null, to: after.exits[exit] ?? null }))
    .filter((one) => one.from !== one.to);
  const found: Change = {
    name,
    label: before.label !== after.label,
    kind: before.kind !== after.kind,
    settings: keys.filter((key) => !same(before.settings[key], after.settings[key])),
    exits,
  };
  return found.label || found.kind || found.settings.length > 0 || exits.length > 0 ? found : null;
}

/** As JSON has it: the order of keys says nothing, and `null` is what is not there. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other || (one ?? null) === (other ?? null)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => same(one[key as keyof typeof one], other[key as keyof typeof other]));
}
