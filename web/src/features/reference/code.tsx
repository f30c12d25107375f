import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui/button';

/** A block of code to take along. */
export function Code({ label, children }: { label: string; children: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(children).then(
      () => setCopied(true),
      // No clipboard on an insecure page: the text can still be selected.
      () => undefined,
    );
  return (
    <div className="rounded-lg border border-line bg-panel-2">
      <div className="flex h-9 items-center border-b border-line pr-1 pl-3">
        <span className="grow text-12 font-medium text-ink-3">{label}</span>
        <IconButton size="xs" label={copied ? t('copied') : t('copy_it', { what: label })} onClick={() => void copy()}>
          {copied ? <Check aria-hidden className="size-3.5 text-ok" /> : <Copy aria-hidden className="size-3.5" />}
        </IconButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard. */}
      <section aria-label={label} tabIndex={0} className="overflow-x-auto p-3">
        <pre className="font-mono text-12 leading-5">{children}</pre>
      </section>
    </div>
  );
}
