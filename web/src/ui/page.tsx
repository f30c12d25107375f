/** The bar above a page and the page below it. */
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { TopbarTail } from '../app/topbar-tail';
import { useTitle } from '../hooks';
import { cx } from './cx';

export function PageHeader(props: {
  title: string;
  /** Links that lead here. */
  crumbs?: ReactNode[];
  /** Beside the title: counts, state. */
  beside?: ReactNode;
  /** A switch of views; on a phone it has a row of its own. */
  views?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="sticky top-0 z-20 flex min-h-(--top) shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-panel py-2 pr-4 pl-6 max-md:pl-4">
      <div className="flex min-w-0 items-center gap-1.5">
        {props.crumbs?.map((crumb, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the crumbs of one page never move.
          <span key={index} className="flex items-center gap-1.5 text-13 whitespace-nowrap text-ink-2 max-md:hidden">
            {crumb}
            <ChevronRight aria-hidden className="size-3.5 text-ink-3" />
          </span>
        ))}
        <h1 className="truncate text-16 font-semibold tracking-tight" title={props.title}>
          {props.title}
        </h1>
      </div>
      {props.beside}
      {props.views && <div className="max-w-full max-md:order-last max-md:basis-full">{props.views}</div>}
      <div className="ml-auto flex flex-wrap items-center justify-end gap-2 lg:min-w-0 lg:flex-1 lg:flex-nowrap">
        {props.actions}
        <TopbarTail />
      </div>
    </header>
  );
}

/** A page of the app: its bar, then content. `bleed` pages lay out their own panes. */
export function Page(props: {
  title: string;
  crumbs?: ReactNode[];
  beside?: ReactNode;
  views?: ReactNode;
  actions?: ReactNode;
  bleed?: boolean;
  className?: string;
  children: ReactNode;
}) {
  useTitle(props.title);
  return (
    <>
      <PageHeader
        title={props.title}
        crumbs={props.crumbs ?? []}
        beside={props.beside}
        views={props.views}
        actions={props.actions}
      />
      <main
        id="main"
        tabIndex={-1}
        className={cx(
          'min-h-0 min-w-0 grow outline-none',
          !props.bleed && 'max-w-[1440px] p-6 max-md:p-4',
          props.className,
        )}
      >
        {props.children}
      </main>
    </>
  );
}

/** A quiet box with a head; never inside another. */
export function Card(props: {
  title?: string;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cx('rounded-lg border border-line bg-panel', props.className)}>
      {props.title && (
        <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
          <div className="min-w-0 grow">
            <h2 className="text-14 font-semibold">{props.title}</h2>
            {props.note && <p className="text-13 text-ink-2">{props.note}</p>}
          </div>
          {props.actions}
        </div>
      )}
      {props.children}
    </section>
  );
}

/** Names and values. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <dl
      className={cx(
        'grid grid-cols-[minmax(96px,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-13 leading-5 [&_dd]:min-w-0 [&_dd]:tabular-nums [&_dt]:text-ink-3',
        className,
      )}
    >
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
