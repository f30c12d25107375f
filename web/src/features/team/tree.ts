/** The tree of departments, flat in the order in which it is read. */

type Node = { id: string; name: string; parent?: string | null };
export type Placed<D extends Node> = { department: D; depth: number };

/** Each department after the one above it, neighbours by name. What has lost its way stands at the top. */
export function inOrder<D extends Node>(departments: readonly D[]): Placed<D>[] {
  const known = new Set(departments.map((one) => one.id));
  const placed = new Set<string>();
  const below = (parent: string | null, depth: number): Placed<D>[] =>
    departments
      .filter((one) => !placed.has(one.id) && (one.parent && known.has(one.parent) ? one.parent : null) === parent)
      .sort((one, other) => one.name.localeCompare(other.name))
      .flatMap((department) => {
        placed.add(department.id);
        return [{ department, depth }, ...below(department.id, depth + 1)];
      });
  return below(null, 0);
}

/** A department and all that lies below it. */
export function withBelow(departments: readonly Node[], top: string): Set<string> {
  const found = new Set([top]);
  for (const { department } of inOrder(departments))
    if (department.parent && found.has(department.parent)) found.add(department.id);
  return found;
}

/** From the top down: `Sales / East`. */
export function pathOf(departments: readonly Node[], id: string): string {
  const names: string[] = [];
  const seen = new Set<string>();
  let next = departments.find((one) => one.id === id);
  while (next && !seen.has(next.id)) {
    seen.add(next.id);
    names.unshift(next.name);
    const above: string | null | undefined = next.parent;
    next = departments.find((one) => one.id === above);
  }
  return names.join(' / ');
}
