/** A simulated call as it is played: what may happen next, and what happened as lines. */
import type { Act, Script, Trace } from './queries';

/** Deeds that fit what the flow waits for, besides keys, silence and hanging up. */
export function deeds(trace: Trace): { key: string; act: Act }[] {
  switch (trace.waiting) {
    case 'queue':
      return [
        { key: 'join', act: { do: 'join' } },
        { key: 'queue_timed_out', act: { do: 'queue', end: 'timed_out' } },
        { key: 'queue_full', act: { do: 'queue', end: 'full' } },
        { key: 'queue_nobody', act: { do: 'queue', end: 'nobody' } },
      ];
    case 'ring':
      return [
        { key: 'join', act: { do: 'join' } },
        { key: 'ring_no_answer', act: { do: 'ring', end: 'no_answer' } },
        { key: 'ring_busy', act: { do: 'ring', end: 'busy' } },
      ];
    case 'answer':
      return [
        { key: 'answer_ok', act: { do: 'answer', status: 200, body: {} } },
        { key: 'answer_failed', act: { do: 'answer', status: 0, body: null } },
      ];
    case 'message':
      return [
        { key: 'message', act: { do: 'message', seconds: 12 } },
        { key: 'message_empty', act: { do: 'message', seconds: 0 } },
      ];
    default:
      return [];
  }
}

/** Keys pressed one after another are one deed. */
export function withAct(script: Script, act: Act): Script {
  const last = script.acts.at(-1);
  if (act.do === 'keys' && last?.do === 'keys')
    return { ...script, acts: [...script.acts.slice(0, -1), { do: 'keys', keys: last.keys + act.keys }] };
  return { ...script, acts: [...script.acts, act] };
}

/** One deed back; of keys the last one. */
export function stepBack(script: Script): Script {
  const last = script.acts.at(-1);
  const rest = script.acts.slice(0, -1);
  if (last?.do === 'keys' && last.keys.length > 1)
    return { ...script, acts: [...rest, { do: 'keys', keys: last.keys.slice(0, -1) }] };
  return { ...script, acts: rest };
}

/** The ways that a simulated call took, as the editor marks them; other flows on its way aside. */
export function trailOf(trace: Trace, flow: string) {
  const own = trace.path.filter((step) => step.flow === flow);
  return {
    nodes: new Set(own.map((step) => step.node)),
    ways: new Set(own.flatMap((step) => (step.exit ? [`${step.node}/${step.exit}`] : []))),
    here: trace.flow === flow && !trace.outcome ? trace.node : null,
  };
}
