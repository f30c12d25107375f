/** The timeline of a call as geometry: who is a row, what happened is a span or a point on it. Pure. */
import type { Schemas } from '../../api/types';

export type Phase = 'tries' | 'rings' | 'talks' | 'holds' | 'failed';
export type Span = { from: number; to: number; phase: Phase };
export type Mark = { at: number; kind: string; text: string };
export type Row = { leg: string; spans: Span[]; marks: Mark[] };

type Moment = Schemas['Moment'];
type Detail = Schemas['CallDetail'];

/** Milliseconds from the first to the last thing that happened, at least one second so that nothing divides by zero. */
export function lengthOf(call: Detail, now: number): number {
  const began = Date.parse(call.summary.started_at);
  const ended = call.summary.ended_at ? Date.parse(call.summary.ended_at) : now;
  const last = call.timeline.reduce((most, moment) => Math.max(most, moment.at_ms), 0);
  return Math.max(1_000, ended - began, last);
}

export function rowsOf(call: Detail, now: number): Row[] {
  const began = Date.parse(call.summary.started_at);
  const whole = lengthOf(call, now);
  const answered = call.summary.answered_at ? Date.parse(call.summary.answered_at) - began : null;
  const holds = holdsOf(call.timeline, whole);
  return call.legs.map((leg) => {
    const from = Math.max(0, Date.parse(leg.started_at) - began);
    const to = leg.ended_at ? Date.parse(leg.ended_at) - began : whole;
    const up = leg.answered_at ? Date.parse(leg.answered_at) - began : null;
    const own = call.timeline.filter((moment) => moment.leg === leg.id);
    const rang = own.find((moment) => moment.kind === 'ringing')?.at_ms;
    const spans: Span[] = [];
    const waiting = up ?? to;
    if (leg.role === 'caller') spans.push({ from, to: Math.min(waiting, answered ?? waiting), phase: 'rings' });
    else if (rang !== undefined && rang < waiting) {
      spans.push({ from, to: rang, phase: 'tries' }, { from: rang, to: waiting, phase: 'rings' });
    } else spans.push({ from, to: waiting, phase: up === null ? 'failed' : 'tries' });
    if (up !== null) spans.push(...talk(up, to, holds));
    return { leg: leg.id, spans: spans.filter((span) => span.to > span.from), marks: own.filter(isMark).map(mark) };
  });
}

/** Talk from `from` to `to`, cut by the holds. */
function talk(from: number, to: number, holds: [number, number][]): Span[] {
  const spans: Span[] = [];
  let at = from;
  for (const [start, end] of holds) {
    const [cut, on] = [Math.max(start, from), Math.min(end, to)];
    if (on <= cut) continue;
    spans.push({ from: at, to: cut, phase: 'talks' }, { from: cut, to: on, phase: 'holds' });
    at = on;
  }
  spans.push({ from: at, to, phase: 'talks' });
  return spans;
}

/** Times in which somebody held; overlapping holds of two parties count once. */
export function holdsOf(timeline: Moment[], whole: number): [number, number][] {
  const holds: [number, number][] = [];
  let holding = 0;
  let since = 0;
  for (const moment of timeline) {
    if (moment.kind === 'held') {
      if (holding === 0) since = moment.at_ms;
      holding += 1;
    } else if (moment.kind === 'resumed' && holding > 0) {
      holding -= 1;
      if (holding === 0) holds.push([since, moment.at_ms]);
    }
  }
  if (holding > 0) holds.push([since, whole]);
  return holds;
}

function isMark(moment: Moment): boolean {
  return ['digit', 'first_audio', 'early_media', 'silent', 'unheard', 'limit_hit'].includes(moment.kind);
}

function mark(moment: Moment): Mark {
  return { at: moment.at_ms, kind: moment.kind, text: moment.digit ?? moment.label ?? '' };
}

/** Round steps for the time axis: at most `most` labels. */
export function ticksOf(whole: number, most = 8): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].map((s) => s * 1_000);
  const step = steps.find((one) => whole / one <= most) ?? 7_200_000;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, at) => at * step);
}
