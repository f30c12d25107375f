/** What the figures of a wallboard mean. */
import type { QueueNow, Schemas } from '../../api/types';
import { secondsSince } from '../agents/clock';

type State = keyof Schemas['AgentCounts'];

/** In the order in which they matter to whoever waits. */
export const STATES: State[] = ['ready', 'offered', 'on_call', 'wrap_up', 'not_ready', 'reconnecting', 'offline'];

/** How long the one who came first has waited; null when nobody does. */
export function longestWait(queue: Pick<QueueNow, 'waiting'>, now: number): number | null {
  const waits = queue.waiting.map((one) => secondsSince(one.since, now));
  return waits.length > 0 ? Math.max(...waits) : null;
}

/** Nobody is warned of a wait within the target's time; three times as long is bad. */
export function toneOfWait(waited: number, target: number): string | undefined {
  if (waited > target * 3) return 'text-bad';
  return waited > target ? 'text-warn' : undefined;
}

/** Whether enough callers were answered in time today. */
export const meetsTarget = (queue: Pick<QueueNow, 'today' | 'service_level_percent'>): boolean =>
  (queue.today.service_level_percent ?? 100) >= queue.service_level_percent;
