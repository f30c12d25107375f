import { cva, type VariantProps } from 'class-variance-authority';
import type { ReactNode } from 'react';
import { cx } from './cx';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'brand' | 'plain' | 'line';

const badge = cva(
  'inline-flex h-5 shrink-0 items-center gap-1.5 rounded-[5px] px-1.5 text-12 font-medium whitespace-nowrap tabular-nums [&>svg]:size-3 [&>svg]:stroke-[2.25]',
  {
    variants: {
      tone: {
        plain: 'bg-hover text-ink-2',
        ok: 'bg-ok-bg text-ok',
        warn: 'bg-warn-bg text-warn',
        bad: 'bg-bad-bg text-bad',
        info: 'bg-info-bg text-info',
        brand: 'bg-brand-bg text-brand',
        line: 'text-ink-2 ring-1 ring-line ring-inset',
      },
    },
    defaultVariants: { tone: 'plain' },
  },
);

/** A filled badge says "look here"; what is normal is a dot and a word, see `StatusDot`. */
export function Badge({
  tone,
  className,
  children,
}: VariantProps<typeof badge> & { className?: string; children: ReactNode }) {
  return <span className={cx(badge({ tone }), className)}>{children}</span>;
}

const DOT: Record<Tone, string> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  brand: 'bg-brand',
  plain: 'bg-ink-3',
  line: 'ring-2 ring-inset ring-line-strong',
};

/** A dot and its word: colour never stands alone. */
export function StatusDot({ tone, children, className }: { tone: Tone; children: ReactNode; className?: string }) {
  return (
    <span className={cx('inline-flex items-center gap-2 whitespace-nowrap', className)}>
      <span aria-hidden className={cx('size-2 shrink-0 rounded-full', DOT[tone])} />
      {children}
    </span>
  );
}

/** `hidden`: the keys are said by `aria-keyshortcuts` of what they stand on. */
export function Kbd({ children, className, hidden }: { children: ReactNode; className?: string; hidden?: boolean }) {
  return (
    <kbd
      aria-hidden={hidden}
      className={cx(
        'inline-grid h-[18px] min-w-[18px] place-items-center rounded border border-line bg-panel-2 px-1 font-sans text-12 leading-none font-medium text-ink-2',
        className,
      )}
    >
      {children}
    </kbd>
  );
}

/** Initials in a circle: a picture, so they are drawn and are no text of the button they stand in. */
export function Avatar({ name, size = 'md' }: { name: string; size?: 'sm' | 'md' | 'lg' }) {
  const sizes = { sm: 'size-6', md: 'size-7', lg: 'size-10 text-14' };
  return (
    <span
      aria-hidden
      data-initials={initials(name)}
      className={cx(
        'inline-grid shrink-0 place-items-center rounded-full border border-line bg-hover text-12 font-semibold text-ink-2 before:content-[attr(data-initials)]',
        sizes[size],
      )}
    />
  );
}

/** First letters of the first and last word; Chinese names show their last two characters. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0];
  if (!first) return '?';
  if (/\p{Script=Han}/u.test(first)) return [...first].slice(-2).join('');
  const last = words.length > 1 ? words.at(-1) : '';
  return `${[...first][0] ?? ''}${last ? ([...last][0] ?? '') : ''}`.toUpperCase();
}
