import type { ReactNode } from 'react';
import { cx } from './cx';

/** A few views of one list, or one choice of few: pressed buttons side by side. */
export function Segments<V extends string>(props: {
  label: string;
  value: V;
  options: readonly { value: V; label: ReactNode; count?: number | undefined }[];
  onChange: (value: V) => void;
  className?: string;
}) {
  return (
    <fieldset
      aria-label={props.label}
      className={cx(
        'inline-flex max-w-full min-w-0 gap-0.5 overflow-x-auto rounded-md bg-hover p-0.5',
        props.className,
      )}
    >
      {props.options.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={one.value === props.value}
          onClick={() => props.onChange(one.value)}
          className="inline-flex h-7 items-center gap-1.5 rounded-sm px-2.5 text-13 font-medium whitespace-nowrap text-ink-2 transition-colors hover:text-ink aria-pressed:bg-panel aria-pressed:text-ink aria-pressed:ring-1 aria-pressed:ring-line"
        >
          {one.label}
          {one.count !== undefined && <span className="num text-ink-3">{one.count}</span>}
        </button>
      ))}
    </fieldset>
  );
}

export { Tabs } from './tab-panels';
