import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { cx } from './cx';
import { inputClass } from './field';

export type Option<V extends string> = { value: V; label: string; note?: string };

/** One of a few. For long lists use `Combobox`. */
export function Select<V extends string>(props: {
  id?: string;
  options: readonly Option<V>[];
  value: V | null;
  onChange: (value: V) => void;
  placeholder?: string;
  label?: string;
  size?: 'sm' | 'md';
  disabled?: boolean;
  className?: string;
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: boolean | undefined;
}) {
  const shown = props.options.find((one) => one.value === props.value);
  return (
    <Base.Root
      items={props.options}
      value={props.value}
      disabled={props.disabled ?? false}
      onValueChange={(value) => value !== null && props.onChange(value as V)}
    >
      <Base.Trigger
        id={props.id}
        aria-label={props.label}
        aria-describedby={props['aria-describedby']}
        aria-invalid={props['aria-invalid']}
        className={cx(
          inputClass,
          'flex items-center gap-2 text-left data-popup-open:border-ink-3',
          props.size === 'sm' && 'h-8 px-2.5 text-13',
          props.className,
        )}
      >
        <span className={cx('min-w-0 grow truncate', !shown && 'text-ink-3')}>{shown?.label ?? props.placeholder}</span>
        <Base.Icon>
          <ChevronDown aria-hidden className="size-3.5 text-ink-3" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-60">
          <Base.Popup className={popupClass}>
            {props.options.map((one) => (
              <Base.Item key={one.value} value={one.value} className={itemClass}>
                <Base.ItemText className="min-w-0 grow truncate">{one.label}</Base.ItemText>
                {one.note && <span className="num text-12 text-ink-3">{one.note}</span>}
                <Base.ItemIndicator>
                  <Check aria-hidden className="size-3.5 text-brand" />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const popupClass =
  'max-h-[min(360px,var(--available-height))] min-w-[var(--anchor-width)] max-w-[min(360px,calc(100vw-16px))] overflow-y-auto rounded-md border border-line bg-panel p-1 shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0';

export const itemClass =
  'flex min-h-8 cursor-default items-center gap-2 rounded-sm px-2 py-1 text-13 outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3';
