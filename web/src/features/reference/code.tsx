import { CopyButton } from '../../ui/copy-field';

/** A block of code to take along. */
export function Code({ label, children }: { label: string; children: string }) {
  return (
    <div className="relative rounded-lg border border-line bg-panel-2">
      <div className="flex h-9 items-center border-b border-line pr-1 pl-3">
        <span className="grow text-12 font-medium text-ink-3">{label}</span>
        <CopyButton size="xs" what={label} text={children} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard. */}
      <section aria-label={label} tabIndex={0} className="overflow-x-auto p-3">
        <pre className="font-mono text-12 leading-5">{children}</pre>
      </section>
    </div>
  );
}
