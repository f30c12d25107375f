/**
 * The call in one sentence, in the reader's language: who, how long, and whose doing the end was.
 *
 * Picks the words; the words themselves are texts. Mirrors `server/control/src/calls` for English readers of the API.
 */
import type { Schemas } from '../../api/types';
import { clock } from '../../i18n/format';
import { ECHO, readable, titleOf } from '../desk/numbers';

export type Say = (key: string, values?: Record<string, string>) => string;

/** `english` readers are told the server's own words about a refusal as well: they name what the cause's text cannot. */
export function sentence(call: Schemas['CallDetail'], say: Say, english = false): string {
  const { summary } = call;
  const caller = summary.caller_name || readable(summary.caller);
  const seat = summary.direction === 'inbound' ? summary.seat_label || null : null;
  const called = titleOf({ name: seat, number: summary.called }, say('sentence.echo'));
  const values = { caller, called };
  if (!summary.ended_at) return say('sentence.live', values);
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

/** Whether the end is an ordinary one, so that nobody needs to look. */
export function endedWell(cause: string | null | undefined): boolean {
  return cause === 'caller_hung_up' || cause === 'callee_hung_up' || cause === 'caller_cancelled';
}
