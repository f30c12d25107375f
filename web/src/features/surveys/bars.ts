/**
 * Which keys of a question are drawn: those of the usual scale from 1 to 5, and further ones that somebody pressed. A question that
 * nobody answered with more than 1 is one of yes and no.
 */
export function shownKeys(distribution: readonly number[]): number[] {
  const pressed = distribution.flatMap((count, key) => (count > 0 ? [key] : []));
  const low = Math.min(...pressed, 1);
  const high = Math.max(...pressed, pressed.every((key) => key <= 1) ? 1 : 5);
  return Array.from({ length: high - low + 1 }, (_, at) => low + at);
}

/** The beginning of the day so many days ago: the same all day, so that what was fetched stays good. */
export function since(days: number, now: number): string {
  const at = new Date(now);
  at.setHours(0, 0, 0, 0);
  at.setDate(at.getDate() - days);
  return at.toISOString();
}
