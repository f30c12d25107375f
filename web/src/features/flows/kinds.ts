/** Every kind of step there is, found by folder, and what can be said of a node by its kind. */
import { type Exit, type NodeKind, open, type Words } from './kind';
import type { ExitsOf, FlowNode, Graph, Settings } from './model/graph';

const files = import.meta.glob<NodeKind>(['./nodes/*.tsx', '!./nodes/*.test.tsx'], { eager: true, import: 'kind' });
const kinds = new Map(Object.values(files).map((kind) => [kind.code, kind]));

export const allKinds: NodeKind[] = [...kinds.values()].sort((one, other) => one.order - other.order);

export const kindOf = (code: string): NodeKind | null => kinds.get(code) ?? null;

/** Exits of a node, those among them that its settings no longer know. */
export function exitsOfNode(node: FlowNode): Exit[] {
  const known = kindOf(node.kind)?.exits(node.settings) ?? [];
  const strays = Object.keys(node.exits).filter((name) => !known.some((one) => one.name === name));
  return [...known, ...strays.map(open)];
}

export const exitsOf: ExitsOf = (code, settings) => (kindOf(code)?.exits(settings) ?? []).map((exit) => exit.name);

/** What an exit is called on the page. */
export function exitName(node: FlowNode, exit: string, t: Words): string {
  const found = kindOf(node.kind)
    ?.exits(node.settings)
    .find((one) => one.name === exit);
  if (found?.label) return found.label;
  return t(`exit.${exit}`, { defaultValue: exit });
}

/** What a node is called on the page. */
export function nodeName(node: FlowNode | undefined, t: Words): string {
  if (!node) return '';
  return node.label.trim() || t(`kind.${node.kind}.name`, { defaultValue: node.kind });
}

/** A new node of this kind. */
export function freshNode(kind: NodeKind, graph: Graph, place: { x: number; y: number }): FlowNode {
  return { kind: kind.code, label: '', place, settings: kind.fresh(graph) as Settings, exits: {} };
}
