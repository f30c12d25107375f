/** What every part of the editor knows and may do. */
import { createContext, useContext } from 'react';
import type { NameOf, NodeKind, Words } from './kind';
import type { Command, Way } from './model/command';
import type { Graph, Place } from './model/graph';
import type { Finding } from './queries';

/** The way of a simulated call. */
export type Trail = { nodes: ReadonlySet<string>; ways: ReadonlySet<string>; here: string | null };

export const wayKey = (way: Way): string => `${way.from}/${way.exit}`;

export type Editor = {
  graph: Graph;
  readOnly: boolean;
  perform: (command: Command) => void;
  selected: readonly string[];
  /** `show` brings the first of them into sight. */
  select: (names: readonly string[], show?: boolean) => void;
  /** Told anew each time that something is to be brought into sight. */
  shown: { name: string; at: number } | null;
  add: (kind: NodeKind, where: { into?: Way; place?: Place }) => void;
  /** Opens the list of steps; the chosen one goes on that way. */
  pick: (into: Way | null) => void;
  findings: readonly Finding[];
  trail: Trail | null;
  nameOf: NameOf;
  /** Texts of `flow-steps`. */
  words: Words;
};

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error('useEditor is used outside the editor');
  return editor;
}
