import { Popover as BasePopover } from '@base-ui/react/popover';
import { Tooltip as BaseTooltip } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';
import { cx } from './cx';

/** A small panel at a button. */
export function Popover(props: {
  trigger: ReactElement;
  title?: string;
  children: ReactNode;
  align?: 'start' | 'center' | 'end';
  className?: string;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    <BasePopover.Root {...(props.open === undefined ? {} : { open: props.open, onOpenChange: props.onOpenChange })}>
      <BasePopover.Trigger render={props.trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner sideOffset={6} align={props.align ?? 'end'} className="z-60">
          <BasePopover.Popup
            className={cx(
              'max-w-[calc(100vw-16px)] rounded-md border border-line bg-panel p-4 shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0',
              props.className,
            )}
          >
            {props.title && <BasePopover.Title className="mb-2 text-13 font-semibold">{props.title}</BasePopover.Title>}
            {props.children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}

/** Words that explain a control on hover and focus; never the only place of its name. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement }) {
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger render={children} />
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner sideOffset={6} className="z-70">
          <BaseTooltip.Popup className="max-w-72 rounded-sm bg-ink px-2 py-1 text-12 text-panel shadow-float">
            {text}
          </BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}
