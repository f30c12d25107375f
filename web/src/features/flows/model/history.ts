/** The draft with the way back and forth: one entry per command, the quick ones at one place joined. */
import { apply, type Command, mergeKey } from './command';
import type { ExitsOf, Graph } from './graph';

type Entry = { command: Command; graph: Graph; at: number };

export type History = {
  now: Graph;
  /** The command last done and the draft before it, last one last. */
  past: Entry[];
  /** What was undone: the command and the draft after it, next one last. */
  future: Entry[];
};

const MOST = 200;
/** Commands that follow each other within this many milliseconds may be one step. */
const TOGETHER_MS = 1200;

export const begin = (graph: Graph): History => ({ now: graph, past: [], future: [] });

/** `at`: milliseconds since any fixed moment. */
export function perform(history: History, command: Command, exitsOf: ExitsOf, at: number): History {
  const next = apply(history.now, command, exitsOf);
  if (next === history.now) return history;
  const last = history.past.at(-1);
  const key = mergeKey(command);
  if (last && key !== null && mergeKey(last.command) === key && at - last.at < TOGETHER_MS)
    return { now: next, past: [...history.past.slice(0, -1), { command, graph: last.graph, at }], future: [] };
  return { now: next, past: [...history.past, { command, graph: history.now, at }].slice(-MOST), future: [] };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  if (!last) return history;
  // Another time than its own: a command after this does not join one before it.
  const future = [...history.future, { ...last, graph: history.now }];
  return { now: last.graph, past: settled(history.past.slice(0, -1)), future };
}

export function redo(history: History): History {
  const next = history.future.at(-1);
  if (!next) return history;
  const past = settled([...history.past, { ...next, graph: history.now }]);
  return { now: next.graph, past, future: history.future.slice(0, -1) };
}

const settled = (entries: Entry[]): Entry[] => {
  const last = entries.at(-1);
  return last ? [...entries.slice(0, -1), { ...last, at: Number.NEGATIVE_INFINITY }] : entries;
};
