import { Switch as Base } from '@base-ui/react/switch';
import type { ReactNode } from 'react';

/** On or off, at once, with its words beside it. */
export function Switch(props: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside renders the control.
    <label className="inline-flex min-h-6 cursor-pointer items-center gap-2.5 text-13 font-medium">
      <Base.Root
        checked={props.checked}
        onCheckedChange={props.onChange}
        disabled={props.disabled ?? false}
        className="relative h-5 w-8 shrink-0 rounded-full bg-line-strong transition-colors data-checked:bg-brand data-disabled:opacity-50"
      >
        <Base.Thumb className="absolute top-0.5 left-0.5 size-4 rounded-full bg-panel transition-transform data-checked:translate-x-3" />
      </Base.Root>
      {props.label}
    </label>
  );
}
