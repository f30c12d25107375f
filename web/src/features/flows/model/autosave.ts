/** When a draft is sent, and what comes of it: one at a time, the newest, and none over somebody else's. */
import type { Graph } from './graph';

export type Saving = {
  /** What the server has of ours. */
  saved: Graph;
  revision: number;
  sending: Graph | null;
  /** Somebody else stored another draft meanwhile. */
  theirs: Theirs | null;
  /** The last attempt failed for another reason; the next change or `again` tries anew. */
  failed: Graph | null;
};

export type Theirs = { graph: Graph; revision: number; by: string | null; at: string | null };

export const opened = (graph: Graph, revision: number): Saving => ({
  saved: graph,
  revision,
  sending: null,
  theirs: null,
  failed: null,
});

/** What must be sent now; null when there is nothing, or something is on its way, or stands in the way. */
export function due(saving: Saving, now: Graph): Graph | null {
  if (saving.sending || saving.theirs || now === saving.saved || now === saving.failed) return null;
  return now;
}

export type SavingEvent =
  | { is: 'sent'; graph: Graph }
  | { is: 'stored'; revision: number }
  | { is: 'refused'; theirs: Theirs }
  | { is: 'failed' }
  | { is: 'again' }
  /** Ours goes over theirs: their revision is known now. */
  | { is: 'keep_mine' }
  /** Theirs is taken up; the editor's draft is theirs too. */
  | { is: 'take_theirs' };

export function saving(state: Saving, event: SavingEvent): Saving {
  switch (event.is) {
    case 'sent':
      return { ...state, sending: event.graph, failed: null };
    case 'stored':
      return { ...state, saved: state.sending ?? state.saved, revision: event.revision, sending: null };
    case 'refused':
      return { ...state, sending: null, theirs: event.theirs };
    case 'failed':
      return { ...state, sending: null, failed: state.sending };
    case 'again':
      return { ...state, failed: null };
    case 'keep_mine':
      return state.theirs
        ? { ...state, saved: state.theirs.graph, revision: state.theirs.revision, theirs: null }
        : state;
    case 'take_theirs':
      return state.theirs ? opened(state.theirs.graph, state.theirs.revision) : state;
  }
}

/** Whether leaving now would lose something. */
export const isDirty = (state: Saving, now: Graph): boolean => now !== state.saved;
