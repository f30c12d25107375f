/** What the editor must know of a kind of node; each file in `nodes/` says it of one, `kinds.ts` gathers them. */
import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { Graph, Settings } from './model/graph';

export type Group = 'talk' | 'decide' | 'connect' | 'end';

export type Exit = {
  name: string;
  /** A published flow must lead somewhere from here. */
  needed: boolean;
  /** What the author calls it; without one it is called as its kind calls it. */
  label?: string;
};

/** Texts of `flow-steps`. */
export type Words = (key: string, values?: Record<string, unknown>) => string;

/** Names of things beyond the flow, by id. */
export type NameOf = (what: 'seat' | 'team' | 'queue' | 'prompt' | 'flow', id: string) => string;

export type PanelProps<S> = {
  settings: S;
  /** `renamed`: exits that have another name now. */
  onChange: (settings: S, renamed?: Record<string, string>) => void;
  graph: Graph;
  /** The server's word about a setting, by its path. */
  problem: (field: string) => string | null;
};

export type NodeKind<S extends object = Settings> = {
  code: string;
  /** Where it stands in the palette; without one it is never added. */
  group: Group | null;
  order: number;
  icon: LucideIcon;
  fresh: (graph: Graph) => S;
  exits: (settings: S) => Exit[];
  /** One line below its name. */
  summary: (settings: S, about: { t: Words; nameOf: NameOf; graph: Graph }) => string;
  Panel: ComponentType<PanelProps<S>>;
};

/** Settings are what the server said they are; from here on their kind's own shape is trusted. */
export const nodeKind = <S extends object>(kind: NodeKind<S>): NodeKind => kind as unknown as NodeKind;

export const next: Exit[] = [{ name: 'next', needed: true }];
export const needed = (name: string, label?: string): Exit => ({ name, needed: true, ...(label ? { label } : {}) });
export const open = (name: string): Exit => ({ name, needed: false });
