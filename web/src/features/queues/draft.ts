/** What is being typed about a queue; numbers are text until they are sent. */
import type { Queue, Schemas } from '../../api/types';

export type Line = { key: string; skill: string; level: number; after: string };

const NUMBERS = {
  ring_s: [5, 120],
  wrap_up_s: [0, 600],
  service_level_percent: [1, 100],
  service_level_s: [5, 600],
  announce_every_s: [15, 600],
  sticky_hold_s: [0, 120],
  rare_hold_s: [0, 120],
  max_length: [1, 5000],
  max_wait_s: [10, 14400],
} as const;
export type NumberField = keyof typeof NUMBERS;
/** These may be left empty: no limit. */
const LIMITS: readonly NumberField[] = ['max_length', 'max_wait_s'];
const FIELDS = Object.keys(NUMBERS) as NumberField[];

export type Draft = Record<NumberField, string> & {
  name: string;
  strategy: Schemas['Strategy'];
  disposition_required: boolean;
  announce_position: boolean;
  announce_wait: boolean;
  /** Id of a queue; empty: the call ends. */
  overflow: string;
  skills: readonly Line[];
  members: readonly string[];
};

export const blank = (): Draft => ({
  name: '',
  strategy: 'least_skilled',
  ring_s: '20',
  wrap_up_s: '30',
  service_level_percent: '80',
  service_level_s: '20',
  announce_every_s: '60',
  sticky_hold_s: '0',
  rare_hold_s: '45',
  max_length: '',
  max_wait_s: '',
  disposition_required: false,
  announce_position: false,
  announce_wait: false,
  overflow: '',
  skills: [],
  members: [],
});

export function draftOf(queue: Queue): Draft {
  const numbers = Object.fromEntries(FIELDS.map((field) => [field, String(queue[field] ?? '')]));
  return {
    ...blank(),
    ...(numbers as Record<NumberField, string>),
    name: queue.name,
    strategy: queue.strategy,
    disposition_required: queue.disposition_required,
    announce_position: queue.announce_position,
    announce_wait: queue.announce_wait,
    overflow: queue.overflow_queue ?? '',
    skills: queue.skills.map((one) => ({
      key: `${one.skill}-${one.after_s}`,
      skill: one.skill,
      level: one.level,
      after: String(one.after_s ?? 0),
    })),
    members: queue.members.map((one) => one.member),
  };
}

/** Whether every number is one, and within its bounds. */
export function fits(draft: Draft): boolean {
  return FIELDS.every((field) => {
    const text = draft[field].trim();
    if (text === '') return LIMITS.includes(field);
    const [least, most] = NUMBERS[field];
    const value = Number(text);
    return Number.isInteger(value) && value >= least && value <= most;
  });
}

export function wishOf(draft: Draft): Schemas['QueueWish'] {
  const numbers = Object.fromEntries(
    FIELDS.map((field) => [field, draft[field].trim() === '' ? null : Number(draft[field])]),
  );
  return {
    ...(numbers as Record<NumberField, number>),
    name: draft.name.trim(),
    strategy: draft.strategy,
    disposition_required: draft.disposition_required,
    announce_position: draft.announce_position,
    announce_wait: draft.announce_wait,
    overflow: draft.overflow ? 'queue' : 'hang_up',
    overflow_queue: draft.overflow || null,
    skills: draft.skills.map((line) => ({ skill: line.skill, level: line.level, after_s: Number(line.after) || 0 })),
    members: [...draft.members],
  };
}
