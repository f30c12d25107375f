import { Menu as Base } from '@base-ui/react/menu';
import { Check, Ellipsis } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from './button';
import { cx } from './cx';
import { itemClass, popupClass } from './select';

/** A list of deeds behind one button. */
export function Menu(props: { trigger: ReactElement; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={props.align ?? 'end'} className="z-60">
          <Base.Popup className={cx(popupClass, 'max-h-(--available-height) min-w-48')}>{props.children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The "more" button of a row. */
export function MoreMenu({ label, children }: { label?: string; children: ReactNode }) {
  const { t } = useTranslation();
  const name = label ?? t('more');
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={name}
          title={name}
          className={buttonClass({ look: 'ghost', size: 'sm', icon: true })}
        >
          <Ellipsis aria-hidden className="size-4" />
        </button>
      }
    >
      {children}
    </Menu>
  );
}

export function MenuItem(props: { onSelect: () => void; children: ReactNode; danger?: boolean; disabled?: boolean }) {
  return (
    <Base.Item
      onClick={props.onSelect}
      disabled={props.disabled ?? false}
      className={cx(itemClass, props.danger && 'text-bad')}
    >
      {props.children}
    </Base.Item>
  );
}

export function MenuChoice<V extends string>(props: {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-2 pb-1 text-12 font-medium text-ink-3">{props.label}</Base.GroupLabel>
      <Base.RadioGroup value={props.value} onValueChange={(value) => props.onChange(value as V)}>
        {props.options.map((one) => (
          <Base.RadioItem key={one.value} value={one.value} className={itemClass} closeOnClick>
            <span className="min-w-0 grow truncate">{one.label}</span>
            <Base.RadioItemIndicator>
              <Check aria-hidden className="size-3.5 text-brand" />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

/** On or off; the menu stays open, so that several can be ticked. */
export function MenuTick(props: { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode }) {
  return (
    <Base.CheckboxItem
      checked={props.checked}
      onCheckedChange={props.onChange}
      closeOnClick={false}
      className={itemClass}
    >
      <span className="min-w-0 grow truncate">{props.children}</span>
      <Base.CheckboxItemIndicator>
        <Check aria-hidden className="size-3.5 text-brand" />
      </Base.CheckboxItemIndicator>
    </Base.CheckboxItem>
  );
}

export function MenuLine() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

export function MenuHead({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1.5 text-13">{children}</div>;
}
