import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './cx';

const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap select-none transition-colors disabled:opacity-55 aria-disabled:opacity-55',
  {
    variants: {
      look: {
        plain: 'border-line-strong bg-panel text-ink hover:bg-hover',
        quiet: 'border-line bg-panel text-ink hover:bg-hover',
        ghost: 'border-transparent bg-transparent text-ink-2 hover:bg-hover hover:text-ink',
        primary: 'border-brand bg-brand text-on-brand hover:border-brand-strong hover:bg-brand-strong',
        answer: 'border-ok bg-ok text-on-ok hover:brightness-95',
        end: 'border-bad-edge bg-bad-fill text-on-bad hover:brightness-95',
        danger: 'border-bad-edge bg-transparent text-bad hover:bg-bad-bg',
      },
      size: {
        xs: 'h-6 gap-1 rounded-sm px-2 text-12',
        sm: 'h-8 px-2.5 text-13',
        md: 'h-9 px-3 text-13',
        lg: 'h-11 px-4 text-14',
      },
      icon: { true: 'px-0', false: '' },
    },
    compoundVariants: [
      { icon: true, size: 'xs', class: 'w-6' },
      { icon: true, size: 'sm', class: 'w-8' },
      { icon: true, size: 'md', class: 'w-9' },
      { icon: true, size: 'lg', class: 'w-11' },
    ],
    defaultVariants: { look: 'plain', size: 'md', icon: false },
  },
);

type Look = VariantProps<typeof button>;

export type ButtonProps = ComponentProps<'button'> &
  Look & {
    /** Shows that work runs and keeps a second press out; the word stays. */
    busy?: boolean;
    /** A reason the button cannot work now: shown as its title, and the press does nothing. */
    reason?: string | false | null;
  };

export function buttonClass(look: Look & { className?: string } = {}): string {
  const { className, ...rest } = look;
  return cx(button(rest), className);
}

export function Button({ look, size, icon, busy, reason, className, children, onClick, ...rest }: ButtonProps) {
  const stopped = Boolean(busy || reason);
  return (
    <button
      type="button"
      {...rest}
      className={cx(button({ look, size, icon }), className)}
      aria-disabled={stopped || undefined}
      aria-busy={busy || undefined}
      title={reason || rest.title}
      onClick={stopped ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <Busy>{children}</Busy> : children}
    </button>
  );
}

function Busy({ children }: { children: ReactNode }) {
  return (
    <>
      <span aria-hidden className="size-2 animate-skeleton rounded-full bg-current" />
      {children}
    </>
  );
}

/** A button of icons only: its name is read aloud and shown on hover. */
export function IconButton({ label, ...rest }: ButtonProps & { label: string }) {
  return <Button size="sm" look="ghost" icon {...rest} aria-label={label} title={rest.title ?? label} />;
}
