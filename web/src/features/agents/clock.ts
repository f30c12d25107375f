/** Times in states, counted up. */
import type { Agent } from '../../api/types';

export const secondsSince = (at: string, now: number): number =>
  Math.max(0, Math.floor((now - new Date(at).getTime()) / 1000));

/** `0:07`, `12:30`, `1:02:03`. */
export function clock(seconds: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** Whether somebody is away for longer than the reason allows. */
export function isTooLong(agent: Pick<Agent, 'now'>, now: number): boolean {
  const { reason, since } = agent.now;
  return Boolean(reason?.longest_s && since && secondsSince(since, now) > reason.longest_s);
}
