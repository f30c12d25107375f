/** Where the arrows of a ladder go: columns for who speaks, rows for messages. Pure. */
import type { Schemas } from '../../api/types';

type Ladder = Schemas['Ladder'];

/** One row: a message from one column to another. */
export type Step = {
  /** Place in the ladder's messages. */
  index: number;
  from: number;
  to: number;
  title: string;
  /** Seconds since the call began, with milliseconds. */
  at: string;
  tone: 'request' | 'progress' | 'success' | 'challenge' | 'failure';
  sdp: boolean;
  repeated: boolean;
};

/** The column of the platform stands between the callers' and the called parties'. */
export function columnsOf(ladder: Ladder): (string | null)[] {
  const callers = ladder.lanes.filter((lane) => lane.role === 'caller').map((lane) => lane.leg);
  const called = ladder.lanes.filter((lane) => lane.role !== 'caller').map((lane) => lane.leg);
  return [...callers, null, ...called];
}

export function stepsOf(ladder: Ladder): Step[] {
  const columns = columnsOf(ladder);
  const ours = columns.indexOf(null);
  // The first message comes in before there is a call that it begins.
  const zero = Math.min(0, ladder.messages[0]?.at_ms ?? 0);
  return ladder.messages.flatMap((message, index) => {
    const theirs = columns.indexOf(message.leg);
    if (theirs < 0) return [];
    return [
      {
        index,
        from: message.ours ? ours : theirs,
        to: message.ours ? theirs : ours,
        title: titleOf(message),
        at: ((message.at_ms - zero) / 1_000).toFixed(3),
        tone: toneOf(message.title),
        sdp: message.sdp,
        repeated: message.repeated,
      },
    ];
  });
}

/** `200 OK (BYE)`: a status alone does not say what was answered; that of the INVITE is the usual one. */
function titleOf(message: Ladder['messages'][number]): string {
  const status = /^\d{3}/.test(message.title);
  return status && message.method && message.method !== 'INVITE'
    ? `${message.title} (${message.method})`
    : message.title;
}

function toneOf(title: string): Step['tone'] {
  if (!/^\d{3}/.test(title)) return 'request';
  if (title.startsWith('1')) return 'progress';
  // "Who are you?" is a question, and the proper road of every call with an account.
  if (/^40[17]/.test(title)) return 'challenge';
  return title.startsWith('2') ? 'success' : 'failure';
}
