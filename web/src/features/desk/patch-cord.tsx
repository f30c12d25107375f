/** The call as a cord between two jacks: hanging, full width. The ten states are those of the design's parts page. */
import type { ReactNode } from 'react';
import { cx } from '../../ui/cx';

export type CordState = 'incoming' | 'dialling' | 'ringing' | 'talking' | 'held' | 'reconnecting';

const COLOUR: Record<CordState, string> = {
  incoming: 'text-info',
  dialling: 'text-ink-3',
  ringing: 'text-info',
  talking: 'text-ok',
  held: 'text-warn',
  reconnecting: 'text-warn',
};

/** Level meter: five bars, announced as words by its label. */
export function Levels({ bars, label }: { bars: number; label: string }) {
  return (
    <span role="img" aria-label={label} className="inline-flex h-3 items-end gap-0.5">
      {[4, 6, 8, 10, 12].map((height, at) => (
        <i key={height} className={cx('w-[3px] rounded-[1px]', at < bars ? 'bg-ok' : 'bg-line')} style={{ height }} />
      ))}
    </span>
  );
}

function Jack({ plugged, struck }: { plugged: boolean; struck?: boolean }) {
  return (
    <svg viewBox="0 0 16 16" className="size-4 shrink-0" aria-hidden="true">
      <circle cx="8" cy="8" r="6.75" fill="var(--panel)" stroke="currentColor" strokeWidth="2" />
      {plugged && <circle cx="8" cy="8" r="3.5" fill="currentColor" />}
      {struck && <path d="M2 14 14 2" stroke="var(--bad)" strokeWidth="2" strokeLinecap="round" />}
    </svg>
  );
}

export function PatchCord(props: {
  state: CordState;
  us: string;
  them: string;
  levels?: { us: number; them: number };
  levelWords?: { us: string; them: string };
  muted?: boolean;
  children: ReactNode;
}) {
  const { state } = props;
  const dashed = state === 'incoming' || state === 'ringing' || state === 'dialling' || state === 'reconnecting';
  const plugged = state !== 'incoming' && state !== 'reconnecting';
  return (
    <div className={cx('relative h-24', COLOUR[state])} data-cord={state}>
      <svg
        className="absolute top-2 left-2 h-14 w-[calc(100%-16px)] overflow-visible"
        viewBox="0 0 100 56"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path
          d="M0 4 C 0 44, 10 54, 30 54 L 70 54 C 90 54, 100 44, 100 4"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.5"
          vectorEffect="non-scaling-stroke"
          strokeDasharray={dashed ? '8 6' : undefined}
          className={state === 'incoming' || state === 'ringing' ? 'march' : undefined}
        />
      </svg>
      <div className="absolute top-0 left-0 flex items-center gap-3">
        <Jack plugged={plugged} struck={props.muted ?? false} />
        <span className="flex items-center gap-2.5 text-13 font-medium text-ink">
          {props.us}
          {props.levels && <Levels bars={props.levels.us} label={props.levelWords?.us ?? ''} />}
        </span>
      </div>
      <div className="absolute top-0 right-0 flex items-center gap-3">
        <span className="flex max-w-60 items-center gap-2.5 text-13 font-medium text-ink">
          {props.levels && <Levels bars={props.levels.them} label={props.levelWords?.them ?? ''} />}
          <span className="truncate">{props.them}</span>
        </span>
        <Jack plugged={state !== 'dialling'} />
      </div>
      <div className="absolute inset-x-0 top-[50px] flex justify-center">
        <span className="flex min-h-6 items-center gap-2 bg-panel px-3 text-13 text-ink-2">{props.children}</span>
      </div>
    </div>
  );
}
