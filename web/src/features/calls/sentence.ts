/**
 * The call in one sentence, in the reader's language: who, how long, and whose doing the end was.
 *
 * Picks the words; the words themselves are texts. Mirrors `server/control/src/calls` for English readers of the API.
 */
import type { Schemas } from '../../api/types';
import { clock } from '../../i18n/format';
import { ECHO, readable, titleOf } from '../desk/numbers';
import { legName } from './legs';

export type Say = (key: string, values?: Record<string, string>) => string;

/** `english` readers are told the server's own words about a refusal as well: they name what the cause's text cannot. */
export function sentence(call: Schemas['CallDetail'], say: Say, english = false): string {
  const { summary } = call;
  const caller = summary.caller_name || readable(summary.caller);
  const seat = summary.direction === 'inbound' ? summary.seat_label || null : null;
  const called = titleOf({ name: seat, number: summary.called }, say('sentence.echo'));
  const values = { caller, called };
  if (!summary.ended_at) return say('sentence.live', values);
  if (call.flow) return throughFlow(call, call.flow.name, say);
  // Nobody's colleague, though it has an extension.
  const began = say(`sentence.began_${summary.called === ECHO ? 'echo' : summary.direction}`, values);
  const ended = say(`sentence.ended.${summary.cause ?? 'internal'}`, values);
  if (summary.answered_at) {
    const waited = clock(Date.parse(summary.answered_at) - Date.parse(summary.started_at));
    const talked = say('sentence.talked', { ...values, waited, time: clock(summary.talk_ms) });
    return [began, talked, ended].join(' ');
  }
  return [began, ended, (english && summary.detail) || ''].join(' ').trim();
}

/** A flow answers at once; what counts is how long it took until somebody did, and how long they spoke. */
function throughFlow(call: Schemas['CallDetail'], flow: string, say: Say): string {
  const { summary } = call;
  const caller = summary.caller_name || readable(summary.caller);
  const person = call.legs.find((leg) => leg.role === 'called' && leg.kind !== 'service' && leg.answered_at);
  const called = person ? legName(person, summary) : flow;
  const values = { caller, called, flow };
  const ms = (from?: string | null, to?: string | null) =>
    Math.max(0, Date.parse(to ?? '') - Date.parse(from ?? '') || 0);
  const middle = person
    ? say('sentence.taken', {
        ...values,
        waited: clock(ms(summary.started_at, person.answered_at)),
        time: clock(ms(person.answered_at, person.ended_at ?? summary.ended_at)),
      })
    : say('sentence.alone', { ...values, time: clock(ms(summary.started_at, summary.ended_at)) });
  return [
    say('sentence.began_flow', values),
    middle,
    say(`sentence.ended.${summary.cause ?? 'internal'}`, values),
  ].join(' ');
}

/** Whether the end is an ordinary one, so that nobody needs to look. */
export function endedWell(cause: string | null | undefined): boolean {
  return cause === 'caller_hung_up' || cause === 'callee_hung_up' || cause === 'caller_cancelled';
}
