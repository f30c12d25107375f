/** Puts the nodes of a flow in layers from top to bottom, so that ways run downwards and cross seldom (Sugiyama's method). */
import { type Graph, type Place, reached } from './graph';

export type Size = { width: number; height: number };

const GAP_X = 32;
const GAP_Y = 64;
const GRID = 4;

type Vertex = { name: string; width: number; height: number; layer: number; up: number[]; down: number[]; x: number };

/** Where each node goes. What no way leads to stands in rows of its own below. */
export function layout(graph: Graph, sizeOf: (name: string) => Size): Record<string, Place> {
  const found = reached(graph);
  const places: Record<string, Place> = {};
  const bottom = layered(graph, [...found], sizeOf, places);
  aside(
    Object.keys(graph.nodes).filter((name) => !found.has(name)),
    sizeOf,
    bottom,
    places,
  );
  return places;
}

/** Ways forward, without those that lead back to where a call has been. */
function forward(graph: Graph): Map<string, string[]> {
  const onward = new Map<string, string[]>();
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    state.set(name, 'open');
    const targets: string[] = [];
    for (const to of Object.values(graph.nodes[name]?.exits ?? {})) {
      if (!graph.nodes[to] || state.get(to) === 'open' || targets.includes(to)) continue;
      targets.push(to);
      if (!state.has(to)) visit(to);
    }
    onward.set(name, targets);
    state.set(name, 'done');
  };
  if (graph.nodes[graph.start]) visit(graph.start);
  return onward;
}

function layersOf(names: string[], onward: Map<string, string[]>): Map<string, number> {
  const layers = new Map(names.map((name) => [name, 0]));
  // The longest way to each: relaxed as often as there are nodes at most, since there is no circle left.
  for (let round = 0, changed = true; changed && round <= names.length; round += 1) {
    changed = false;
    for (const [from, targets] of onward)
      for (const to of targets) {
        const least = (layers.get(from) ?? 0) + 1;
        if ((layers.get(to) ?? 0) < least) {
          layers.set(to, least);
          changed = true;
        }
      }
  }
  return layers;
}

function layered(graph: Graph, names: string[], sizeOf: (name: string) => Size, places: Record<string, Place>): number {
  const onward = forward(graph);
  const layers = layersOf(names, onward);
  const vertices: Vertex[] = [];
  const rows: number[][] = [];
  const put = (name: string, layer: number, size: Size): number => {
    const index = vertices.push({ name, layer, ...size, up: [], down: [], x: 0 }) - 1;
    rows[layer] ??= [];
    rows[layer].push(index);
    return index;
  };
  // In the order in which a call comes to them, so that a menu's first key is on the left.
  const index = new Map(
    [...onward.keys()].reverse().map((name) => [name, put(name, layers.get(name) ?? 0, sizeOf(name))]),
  );
  const join = (from: number, to: number): void => {
    vertices[from]?.down.push(to);
    vertices[to]?.up.push(from);
  };
  for (const [from, targets] of onward) {
    for (const to of targets) {
      let at = index.get(from);
      const end = index.get(to);
      if (at === undefined || end === undefined) continue;
      // A way over several layers takes a place in each, so that no node stands on it.
      for (let layer = (layers.get(from) ?? 0) + 1; layer < (layers.get(to) ?? 0); layer += 1) {
        const between = put('', layer, { width: 24, height: 0 });
        join(at, between);
        at = between;
      }
      join(at, end);
    }
  }
  order(vertices, rows);
  align(vertices, rows);
  let y = 0;
  for (const row of rows) {
    let tallest = 0;
    for (const at of row) {
      const one = vertices[at];
      if (!one?.name) continue;
      places[one.name] = { x: snap(one.x - one.width / 2), y: snap(y) };
      tallest = Math.max(tallest, one.height);
    }
    y += tallest + GAP_Y;
  }
  return y;
}

/** Each row sorted by where its neighbours stand, down and up, until nothing gets better. */
function order(vertices: Vertex[], rows: number[][]): void {
  let best = rows.map((row) => [...row]);
  let fewest = crossings(vertices, rows);
  for (let round = 0; round < 12 && fewest > 0; round += 1) {
    const down = round % 2 === 0;
    const walk = down ? rows.keys() : [...rows.keys()].reverse();
    for (const at of walk) {
      const row = rows[at];
      const beside = rows[down ? at - 1 : at + 1];
      if (!row || !beside) continue;
      const position = new Map(beside.map((one, place) => [one, place]));
      const weight = new Map(
        row.map((one, place) => {
          const near = (down ? vertices[one]?.up : vertices[one]?.down) ?? [];
          const sum = near.reduce((total, other) => total + (position.get(other) ?? 0), 0);
          return [one, near.length > 0 ? sum / near.length : place];
        }),
      );
      row.sort((one, other) => (weight.get(one) ?? 0) - (weight.get(other) ?? 0));
    }
    const now = crossings(vertices, rows);
    if (now < fewest) {
      fewest = now;
      best = rows.map((row) => [...row]);
    }
  }
  for (const [at, row] of best.entries()) rows[at] = row;
}

function crossings(vertices: Vertex[], rows: number[][]): number {
  let found = 0;
  for (const [at, row] of rows.entries()) {
    const below = new Map(rows[at + 1]?.map((one, place) => [one, place]));
    const ends = row.flatMap((one) =>
      (vertices[one]?.down ?? []).map((to) => below.get(to) ?? 0).sort((a, b) => a - b),
    );
    for (let one = 0; one < ends.length; one += 1)
      for (let other = one + 1; other < ends.length; other += 1) if ((ends[one] ?? 0) > (ends[other] ?? 0)) found += 1;
  }
  return found;
}

/** Across: as near below and above its neighbours as the row permits. */
function align(vertices: Vertex[], rows: number[][]): void {
  for (const row of rows) {
    let x = 0;
    for (const at of row) {
      const one = vertices[at];
      if (!one) continue;
      one.x = x + one.width / 2;
      x += one.width + GAP_X;
    }
    const middle = (x - GAP_X) / 2;
    for (const at of row) if (vertices[at]) vertices[at].x -= middle;
  }
  for (let round = 0; round < 16; round += 1) {
    const down = round % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wish = row.map((at) => {
        const one = vertices[at];
        const near = (down ? one?.up : one?.down) ?? [];
        if (!one || near.length === 0) return one?.x ?? 0;
        return near.reduce((sum, other) => sum + (vertices[other]?.x ?? 0), 0) / near.length;
      });
      spread(vertices, row, wish);
    }
  }
}

/** Nearest to the wishes without overlap: neighbours that touch share what they are moved by (pool adjacent violators). */
function spread(vertices: Vertex[], row: number[], wish: number[]): void {
  type Block = { from: number; to: number; sum: number; offset: number };
  const blocks: Block[] = [];
  const half = (at: number): number => (vertices[row[at] ?? -1]?.width ?? 0) / 2;
  const gap = (at: number): number => half(at) + half(at + 1) + GAP_X;
  const place = (block: Block): number => block.sum / (block.to - block.from + 1);
  for (const [at, want] of wish.entries()) {
    let block: Block = { from: at, to: at, sum: want, offset: 0 };
    for (let before = blocks.at(-1); before; before = blocks.at(-1)) {
      const shift = before.offset + gap(before.to);
      if (place(before) + shift <= place(block)) break;
      blocks.pop();
      const count = block.to - block.from + 1;
      block = {
        from: before.from,
        to: block.to,
        sum: before.sum + block.sum - shift * count,
        offset: shift + block.offset,
      };
    }
    blocks.push(block);
  }
  for (const block of blocks) {
    let x = place(block);
    for (let at = block.from; at <= block.to; at += 1) {
      const one = vertices[row[at] ?? -1];
      if (one) one.x = x;
      x += gap(at);
    }
  }
}

function aside(names: string[], sizeOf: (name: string) => Size, top: number, places: Record<string, Place>): void {
  const row = 4;
  let y = top;
  for (let at = 0; at < names.length; at += row) {
    let x = 0;
    let tallest = 0;
    for (const name of names.slice(at, at + row)) {
      const size = sizeOf(name);
      places[name] = { x: snap(x), y: snap(y) };
      x += size.width + GAP_X;
      tallest = Math.max(tallest, size.height);
    }
    y += tallest + GAP_Y / 2;
  }
}

const snap = (value: number): number => Math.round(value / GRID) * GRID;
