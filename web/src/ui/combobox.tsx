import { Combobox as Base } from '@base-ui/react/combobox';
import { Check, ChevronDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import { inputClass } from './field';
import { itemClass, type Option, popupClass } from './select';

/** One of many, found by typing. */
export function Combobox<V extends string>(props: {
  id?: string;
  options: readonly Option<V>[];
  value: V | null;
  onChange: (value: V | null) => void;
  placeholder?: string;
  empty: string;
  label?: string;
  /** `lg` stands beside the tall fields of the pages before signing in. */
  size?: 'md' | 'lg';
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: boolean | undefined;
}) {
  const { t } = useTranslation();
  const chosen = props.options.find((one) => one.value === props.value) ?? null;
  return (
    <Base.Root
      items={props.options}
      value={chosen}
      onValueChange={(option: Option<V> | null) => props.onChange(option?.value ?? null)}
      isItemEqualToValue={(one, other) => one?.value === other?.value}
    >
      <div className="relative">
        <Base.Input
          id={props.id}
          aria-label={props.label}
          aria-describedby={props['aria-describedby']}
          aria-invalid={props['aria-invalid']}
          placeholder={props.placeholder}
          className={cx(inputClass, 'pr-8', props.size === 'lg' && 'h-10')}
        />
        <Base.Trigger
          aria-label={props.label ?? t('show_list')}
          tabIndex={-1}
          className="absolute inset-y-0 right-0 grid w-9 place-items-center"
        >
          <ChevronDown aria-hidden className="size-3.5 text-ink-3" />
        </Base.Trigger>
      </div>
      <Base.Portal>
        <Base.Positioner sideOffset={4} className="z-60">
          <Base.Popup className={popupClass}>
            <Base.Empty className="text-13 text-ink-3 not-empty:px-2 not-empty:py-1.5">{props.empty}</Base.Empty>
            <Base.List>
              {(option: Option<V>) => (
                <Base.Item key={option.value} value={option} className={itemClass}>
                  <span className="min-w-0 grow truncate">{option.label}</span>
                  {option.note && <span className="num text-12 text-ink-3">{option.note}</span>}
                  <Base.ItemIndicator>
                    <Check aria-hidden className="size-3.5 text-brand" />
                  </Base.ItemIndicator>
                </Base.Item>
              )}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
