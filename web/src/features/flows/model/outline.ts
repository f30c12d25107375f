/** The same flow as a list that is read downwards: each node below the exit that leads to it first. */
import { type ExitsOf, type Graph, reached } from './graph';

export type Row = {
  /** Unlike any other row's. */
  key: string;
  depth: number;
  /** The exit above it, unless it begins a tree. */
  way: { from: string; exit: string } | null;
  /** `node`: it stands here. `again`: it stands elsewhere and the way leads there. `open`: the exit leads nowhere yet. */
  is: 'node' | 'again' | 'open';
  /** The node; of an open exit there is none. */
  name: string | null;
  /** Nobody comes here. */
  lost: boolean;
};

export function outline(graph: Graph, exitsOf: ExitsOf): Row[] {
  const rows: Row[] = [];
  const shown = new Set<string>();
  const found = reached(graph);
  const visit = (name: string, depth: number, way: Row['way']): void => {
    const key = way ? `${way.from}/${way.exit}` : `/${name}`;
    const node = graph.nodes[name];
    if (!node || shown.has(name)) {
      rows.push({ key, depth, way, is: node ? 'again' : 'open', name: node ? name : null, lost: false });
      return;
    }
    shown.add(name);
    rows.push({ key, depth, way, is: 'node', name, lost: !found.has(name) });
    const exits = exitsOf(node.kind, node.settings);
    // A step with one way on does not lead deeper: a long flow stays within the page.
    const deeper = exits.length > 1 ? depth + 1 : depth;
    const strays = Object.keys(node.exits).filter((exit) => !exits.includes(exit));
    for (const exit of [...exits, ...strays]) {
      const to = node.exits[exit];
      if (to === undefined) {
        rows.push({
          key: `${name}/${exit}`,
          depth: deeper,
          way: { from: name, exit },
          is: 'open',
          name: null,
          lost: false,
        });
      } else visit(to, deeper, { from: name, exit });
    }
  };
  if (graph.nodes[graph.start]) visit(graph.start, 0, null);
  const rest = Object.keys(graph.nodes).filter((name) => !found.has(name));
  // Lost nodes that no other lost node leads to come first, so that what hangs on them stands below them.
  const led = new Set(rest.flatMap((name) => Object.values(graph.nodes[name]?.exits ?? {})));
  for (const name of [...rest.filter((one) => !led.has(one)), ...rest]) if (!shown.has(name)) visit(name, 0, null);
  return rows;
}
