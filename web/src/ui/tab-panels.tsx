import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { cx } from './cx';

/** Views of one thing, one at a time. */
export function Tabs<V extends string>(props: {
  value: V;
  onChange: (value: V) => void;
  tabs: readonly { value: V; label: ReactNode; panel: ReactNode }[];
  className?: string;
  panelClass?: string;
}) {
  return (
    <Base.Root value={props.value} onValueChange={(value) => props.onChange(value as V)} className={props.className}>
      <Base.List className="flex gap-5 overflow-x-auto border-b border-line px-4">
        {props.tabs.map((one) => (
          <Base.Tab
            key={one.value}
            value={one.value}
            className="relative inline-flex h-10 shrink-0 items-center gap-1.5 text-13 font-medium text-ink-2 after:absolute after:inset-x-0 after:-bottom-px after:h-0.5 after:rounded-t-sm data-active:text-ink data-active:after:bg-ink"
          >
            {one.label}
          </Base.Tab>
        ))}
      </Base.List>
      {props.tabs.map((one) => (
        <Base.Panel key={one.value} value={one.value} className={cx('outline-offset-[-2px]', props.panelClass)}>
          {one.panel}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
