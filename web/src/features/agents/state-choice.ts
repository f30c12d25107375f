/** What the switch of an agent's state offers. */
import type { MyAgent, Schemas } from '../../api/types';

type Ask = Schemas['AgentChange'];
export type Choice =
  | { value: string; ask: Ask; state: 'ready' | 'not_ready' | 'offline' }
  | { value: string; ask: Ask; reason: string; name: string };

/** A colour for each state. */
export const STATE_TONE: Record<Schemas['AgentStateWord'], string> = {
  offline: 'bg-ink-3',
  ready: 'bg-ok',
  offered: 'bg-warn',
  on_call: 'bg-brand',
  wrap_up: 'bg-warn',
  not_ready: 'bg-bad',
  reconnecting: 'bg-warn',
};

/** Ready, a break for each reason (one without where there are none), signed out. */
export function choicesOf(mine: Pick<MyAgent, 'reasons'>): Choice[] {
  const breaks: Choice[] = mine.reasons.map((one) => ({
    value: one.id,
    ask: { state: 'not_ready', reason: one.id },
    reason: one.id,
    name: one.name,
  }));
  if (breaks.length === 0) breaks.push({ value: 'not_ready', ask: { state: 'not_ready' }, state: 'not_ready' });
  return [
    { value: 'ready', ask: { state: 'ready' }, state: 'ready' },
    ...breaks,
    { value: 'offline', ask: { state: 'offline' }, state: 'offline' },
  ];
}

/** Which of them holds now, or is to follow the call. */
export const choiceOf = (mine: Pick<MyAgent, 'now'>): string => mine.now.reason?.id ?? mine.now.next ?? mine.now.state;
