/** The draft as the canvas draws it. */
import type { Editor, Trail } from '../context';
import { wayKey } from '../context';
import { exitName, exitsOfNode, kindOf, nodeName } from '../kinds';
import { reached } from '../model/graph';
import { exitWidth, shownExits, stepSize } from '../shape';
import type { StepNode } from './step';
import type { WayEdge } from './way';

type Shown = Pick<Editor, 'graph' | 'findings' | 'nameOf' | 'words' | 'readOnly'> & { trail: Trail | null };

export function stepsOf({ graph, findings, nameOf, words: t, trail, readOnly }: Shown): StepNode[] {
  const found = reached(graph);
  const worst = new Map<string, 'error' | 'warning'>();
  for (const { node, severity } of findings) if (node && worst.get(node) !== 'error') worst.set(node, severity);
  return Object.entries(graph.nodes).map(([name, node]) => {
    const size = stepSize(node, t);
    const kind = kindOf(node.kind);
    return {
      id: name,
      type: 'step',
      position: node.place,
      ...size,
      style: size,
      deletable: false,
      connectable: !readOnly,
      ariaLabel: [nodeName(node, t), t(`kind.${node.kind}.name`, { defaultValue: node.kind })].join(', '),
      data: {
        kind: node.kind,
        name: nodeName(node, t),
        summary: kind?.summary(node.settings, { t, nameOf, graph }) ?? '',
        exits: shownExits(node).map((exit) => ({
          name: exit.name,
          label: exitName(node, exit.name, t),
          width: exitWidth(node, exit.name, t),
          wired: node.exits[exit.name] !== undefined,
          needed: exit.needed,
        })),
        worst: worst.get(name) ?? null,
        lost: !found.has(name),
        ends: exitsOfNode(node).length === 0,
        trail: trail?.here === name ? 'here' : trail?.nodes.has(name) ? 'passed' : null,
      },
    };
  });
}

export function waysOf({ graph, words: t, trail, readOnly }: Shown): WayEdge[] {
  return Object.entries(graph.nodes).flatMap(([from, node]) =>
    Object.entries(node.exits)
      .filter(([, to]) => graph.nodes[to])
      .map(([exit, to]): WayEdge => {
        const key = wayKey({ from, exit });
        const label = `${nodeName(node, t)}, ${exitName(node, exit, t)} → ${nodeName(graph.nodes[to], t)}`;
        return {
          id: key,
          type: 'way',
          source: from,
          sourceHandle: exit,
          target: to,
          deletable: false,
          reconnectable: readOnly ? false : 'target',
          ariaLabel: label,
          data: { from, exit, label, trail: trail?.ways.has(key) ?? false },
        };
      }),
  );
}
