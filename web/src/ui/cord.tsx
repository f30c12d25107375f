/**
 * The cord: one line between two jacks is one call, everywhere in the product.
 *
 * `Cord` is the small straight one of tables; `HangingCord` is the large one of a call card. Both know the same ten states.
 */
import type { ReactNode } from 'react';
import { cx } from './cx';

export type CordState =
  | 'talking'
  | 'ringing'
  | 'waiting'
  | 'held'
  | 'muted'
  | 'listening'
  | 'three'
  | 'reconnecting'
  | 'wrap_up'
  | 'failed';

const COLOUR: Record<CordState, string> = {
  talking: 'text-ok',
  ringing: 'text-info',
  waiting: 'text-warn',
  held: 'text-warn',
  muted: 'text-ok',
  listening: 'text-ok',
  three: 'text-ok',
  reconnecting: 'text-warn',
  wrap_up: 'text-warn',
  failed: 'text-bad',
};

/** The colour class of a state, for words that stand beside the cord. */
export const cordColour = (state: CordState): string => COLOUR[state];

type End = 'in' | 'open' | 'lost' | 'struck';

function ends(state: CordState): [End, End] {
  switch (state) {
    case 'ringing':
      return ['open', 'in'];
    case 'waiting':
      return ['in', 'open'];
    case 'muted':
      return ['struck', 'in'];
    case 'reconnecting':
    case 'wrap_up':
      return ['in', 'lost'];
    default:
      return ['in', 'in'];
  }
}

const DASH: Partial<Record<CordState, string>> = { ringing: '9 7', waiting: '2 6', reconnecting: '9 7' };

function Jack({ x, y, kind, r = 7 }: { x: number; y: number; kind: End; r?: number }) {
  if (kind === 'lost')
    return (
      <circle cx={x} cy={y} r={r} className="fill-panel stroke-line-strong" strokeWidth={2.5} strokeDasharray="2.5 3" />
    );
  return (
    <>
      <circle cx={x} cy={y} r={r} className="fill-panel" stroke="currentColor" strokeWidth={2.5} />
      {kind === 'in' && <circle cx={x} cy={y} r={r * 0.43} fill="currentColor" />}
      {kind === 'struck' && (
        <path d={`M${x - r + 1} ${y + r - 1}L${x + r - 1} ${y - r + 1}`} stroke="currentColor" strokeWidth={2.5} />
      )}
    </>
  );
}

function run(state: CordState): string {
  switch (state) {
    case 'held':
      return 'M10 17C10 42 26 46 60 46H98M122 46H160C194 46 210 42 210 17';
    case 'wrap_up':
      return 'M10 17C10 42 26 46 60 46H74';
    case 'failed':
      return 'M10 17C10 42 26 46 60 46H64M156 46H160C194 46 210 42 210 17';
    default:
      return 'M10 17C10 42 26 46 60 46H160C194 46 210 42 210 17';
  }
}

/** The hanging cord of 220 by 56 units; it takes the width it is given. */
export function HangingCord({ state, label, className }: { state: CordState; label: string; className?: string }) {
  const [ours, theirs] = ends(state);
  return (
    <svg
      viewBox="0 0 220 56"
      role="img"
      aria-label={label}
      data-state={state}
      className={cx('block', COLOUR[state], className)}
    >
      <path
        d={run(state)}
        fill="none"
        stroke="currentColor"
        strokeWidth={2.5}
        strokeLinecap={state === 'wrap_up' ? 'round' : 'butt'}
        strokeDasharray={DASH[state]}
        className={state === 'ringing' ? 'march' : undefined}
      />
      {state === 'held' && (
        <path d="M106 40v12M114 40v12" stroke="currentColor" strokeWidth={2.5} strokeLinecap="round" />
      )}
      {state === 'failed' && (
        <path d="m105 41 10 10m0-10-10 10" stroke="currentColor" strokeWidth={2.5} strokeLinecap="round" />
      )}
      {state === 'listening' && (
        <g className="text-brand">
          <path d="M110 46V27" stroke="currentColor" strokeWidth={2.5} strokeDasharray="3 3" />
          <Jack x={110} y={20} kind="open" />
        </g>
      )}
      {state === 'three' && (
        <>
          <path d="M110 46V17" stroke="currentColor" strokeWidth={2.5} />
          <Jack x={110} y={10} kind="in" />
        </>
      )}
      <Jack x={10} y={10} kind={ours} />
      <Jack x={210} y={10} kind={theirs} />
    </svg>
  );
}

/** The straight cord of tables and lists, 48 by 12. */
export function Cord({ state, label, className }: { state: CordState; label?: string; className?: string }) {
  const [ours, theirs] = ends(state);
  const path =
    state === 'held'
      ? 'M11 6h9M28 6h9'
      : state === 'wrap_up'
        ? 'M11 6h11'
        : state === 'failed'
          ? 'M11 6h7M30 6h7'
          : 'M11 6h26';
  return (
    <svg
      viewBox="0 0 48 12"
      width={48}
      height={12}
      data-state={state}
      className={cx('inline-block shrink-0', COLOUR[state], className)}
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth={2}
        strokeDasharray={
          state === 'ringing' || state === 'reconnecting' ? '5 3' : state === 'waiting' ? '2 3' : undefined
        }
        className={state === 'ringing' ? 'march' : undefined}
      />
      {state === 'failed' && <path d="m21.500 3.500 5 5m0-5-5 5" stroke="currentColor" strokeWidth={1.75} />}
      <Jack x={6} y={6} r={4.5} kind={ours} />
      <Jack x={42} y={6} r={4.5} kind={theirs} />
    </svg>
  );
}

/** One end plugged in, the other free: the phone waits for a call. */
export function OpenCord({ className }: { className?: string }) {
  return (
    <svg
      width="64"
      height="28"
      viewBox="0 0 64 28"
      aria-hidden="true"
      fill="none"
      className={cx('shrink-0', className)}
    >
      <path d="M8 14c0 9 7 11 16 11" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <circle cx="8" cy="8" r="5.5" stroke="currentColor" strokeWidth="2" />
      <circle cx="8" cy="8" r="2.2" fill="currentColor" />
      <circle cx="56" cy="8" r="5.5" className="stroke-line-strong" strokeWidth="2" strokeDasharray="2.2 2.6" />
    </svg>
  );
}

/** The unplugged cord of empty pages. */
export function UnpluggedCord() {
  return (
    <svg width="96" height="40" viewBox="0 0 96 40" aria-hidden="true" className="stroke-line-strong" fill="none">
      <path d="M16 15c0 14 10 18 22 18" strokeWidth="2" strokeLinecap="round" />
      <circle cx="16" cy="9" r="6" strokeWidth="2" />
      <circle cx="80" cy="9" r="6" strokeWidth="2" strokeDasharray="2.5 3" />
    </svg>
  );
}

/** The mark: two jacks and a slack cord in an ink square. */
export function Mark({ className, children }: { className?: string; children?: ReactNode }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={cx('size-6 shrink-0', className)}>
      {children}
      <rect x=".75" y=".75" width="22.5" height="22.5" rx="6.25" fill="var(--ink)" />
      <path
        d="M7.5 8.4v4.3c0 2.5 1.4 3.6 3.3 3.6h1.4c2.3 0 4.3-1.2 4.3-4.1V9.7"
        fill="none"
        stroke="var(--panel)"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle cx="7.5" cy="7.4" r="2.1" fill="var(--ink)" stroke="var(--panel)" strokeWidth="1.8" />
      <circle cx="16.5" cy="7.4" r="2.1" fill="var(--ink)" stroke="var(--panel)" strokeWidth="1.8" />
    </svg>
  );
}
