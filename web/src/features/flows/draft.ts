/** The draft that is open: its history, and its way to the server. */
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { Problem } from '../../api/problem';
import { exitsOf } from './kinds';
import { due, isDirty, opened, type Saving, type SavingEvent, saving } from './model/autosave';
import type { Command } from './model/command';
import type { Graph } from './model/graph';
import { begin, type History, perform, redo, undo } from './model/history';
import { type Flow, graphOf, loadFlow, type Sample, storeFlow } from './queries';

type Deed =
  | { do: 'perform'; command: Command; at: number }
  | { do: 'undo' }
  | { do: 'redo' }
  | { do: 'begin'; graph: Graph };

function reduce(history: History, deed: Deed): History {
  switch (deed.do) {
    case 'perform':
      return perform(history, deed.command, exitsOf, deed.at);
    case 'undo':
      return undo(history);
    case 'redo':
      return redo(history);
    case 'begin':
      return begin(deed.graph);
  }
}

/** Typing rests this long before it is sent. */
const PAUSE_MS = 700;

export type OpenDraft = {
  history: History;
  saving: Saving;
  dirty: boolean;
  savedAt: Date | null;
  problem: Problem | null;
  perform: (command: Command) => void;
  undo: () => void;
  redo: () => void;
  /** Sends what is not sent yet and waits for it; false where it cannot be sent. */
  flush: () => Promise<boolean>;
  again: () => void;
  keepMine: () => void;
  takeTheirs: () => void;
  /** Takes up what the server has now, where nothing of ours is lost by it. */
  takeUp: (flow: Flow) => void;
  /** Sample calls are stored with the draft's revision. Throws the server's problem. */
  storeSamples: (samples: Sample[]) => Promise<void>;
};

export function useDraftEditor(first: Flow, onStored: (flow: Flow) => void): OpenDraft {
  const { id } = first;
  const [history, tell] = useReducer(reduce, first, (flow) => begin(graphOf(flow)));
  const [state, note] = useReducer(saving, first, ({ revision }) => opened(history.now, revision));
  const [savedAt, setSavedAt] = useState<Date | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const newest = useRef({ graph: history.now, state });
  newest.current = { graph: history.now, state };
  const running = useRef<Promise<boolean> | null>(null);

  const send = useCallback(
    async (graph: Graph): Promise<boolean> => {
      const say = (event: SavingEvent) => {
        newest.current.state = saving(newest.current.state, event);
        note(event);
      };
      const { revision } = newest.current.state;
      say({ is: 'sent', graph });
      try {
        const stored = await storeFlow(id, { draft: graph, revision });
        say({ is: 'stored', revision: stored.revision });
        setSavedAt(new Date());
        setProblem(null);
        onStored(stored);
        return true;
      } catch (thrown) {
        if (thrown instanceof Problem && thrown.status === 409) {
          const other = await loadFlow(id).catch(() => null);
          if (other) {
            const { revision, changed_by: by, changed_at: at } = other;
            onStored(other);
            say({ is: 'refused', theirs: { graph: graphOf(other), revision, by, at } });
            return false;
          }
        }
        say({ is: 'failed' });
        setProblem(thrown instanceof Problem ? thrown : null);
        return false;
      }
    },
    [id, onStored],
  );

  const flush = useCallback(async (): Promise<boolean> => {
    if (running.current) await running.current;
    const graph = due(newest.current.state, newest.current.graph);
    if (!graph) return newest.current.state.theirs === null && newest.current.state.failed === null;
    running.current = send(graph);
    const done = await running.current;
    running.current = null;
    return done;
  }, [send]);

  // A draft is sent by itself when the hand rests.
  useEffect(() => {
    if (!due(state, history.now)) return;
    const timer = setTimeout(() => void flush(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [state, history.now, flush]);

  const dirty = isDirty(state, history.now);
  // The browser asks before a page with unsent changes is left.
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [dirty]);
  // Within the app nothing needs asking: what is left is sent on the way out.
  useEffect(() => () => void flush(), [flush]);

  return {
    history,
    saving: state,
    dirty,
    savedAt,
    problem,
    perform: useCallback((command: Command) => tell({ do: 'perform', command, at: performance.now() }), []),
    undo: useCallback(() => tell({ do: 'undo' }), []),
    redo: useCallback(() => tell({ do: 'redo' }), []),
    flush,
    again: useCallback(() => note({ is: 'again' }), []),
    keepMine: useCallback(() => note({ is: 'keep_mine' }), []),
    takeUp: useCallback(
      (flow: Flow) => {
        const graph = graphOf(flow);
        tell({ do: 'begin', graph });
        note({ is: 'refused', theirs: { graph, revision: flow.revision, by: null, at: null } });
        note({ is: 'take_theirs' });
        onStored(flow);
      },
      [onStored],
    ),
    storeSamples: useCallback(
      async (samples: Sample[]) => {
        await flush();
        const stored = await storeFlow(id, { samples, revision: newest.current.state.revision });
        newest.current.state = saving(newest.current.state, { is: 'stored', revision: stored.revision });
        note({ is: 'stored', revision: stored.revision });
        onStored(stored);
      },
      [flush, id, onStored],
    ),
    takeTheirs: useCallback(() => {
      const { theirs } = newest.current.state;
      if (theirs) tell({ do: 'begin', graph: theirs.graph });
      note({ is: 'take_theirs' });
    }, []),
  };
}
