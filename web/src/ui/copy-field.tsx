import { Check, Copy } from 'lucide-react';
import { type ComponentProps, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './button';
import { cx } from './cx';

/** Takes a text along, and says when it has. */
export function CopyButton({
  what,
  text,
  size = 'sm',
}: { what: string; text: string } & Pick<ComponentProps<typeof IconButton>, 'size'>) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // No clipboard on an insecure page: the text can still be selected.
    }
  };
  const icon = size === 'xs' ? 'size-3.5' : 'size-4';
  return (
    <>
      <IconButton size={size} label={copied ? t('copied') : t('copy_it', { what })} onClick={copy}>
        {copied ? <Check aria-hidden className={cx(icon, 'text-ok')} /> : <Copy aria-hidden className={icon} />}
      </IconButton>
      <span aria-live="polite" className="sr-only">
        {copied ? t('copied') : ''}
      </span>
    </>
  );
}

/** A value to take along: selectable text and a copy button. */
export function CopyField(props: { label: string; value: string; secret?: boolean; plain?: boolean }) {
  return (
    <div className="relative flex min-w-0 flex-col gap-1">
      {!props.plain && <span className="text-12 font-medium text-ink-3">{props.label}</span>}
      <div
        className={cx(
          'flex h-9 min-w-0 items-center gap-1 rounded-md border border-line bg-panel-2 pr-0.5 pl-3',
          props.secret && 'border-line-strong',
        )}
      >
        <input
          readOnly
          aria-label={props.label}
          value={props.value}
          onFocus={(event) => event.target.select()}
          className="h-full min-w-0 grow bg-transparent font-mono text-13 text-ellipsis outline-offset-2"
        />
        <CopyButton what={props.label} text={props.value} />
      </div>
    </div>
  );
}
