/** Layers over the page: a dialog in the middle, a sheet at the side, a question that must be answered. */
import { AlertDialog as BaseAlert } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonClass } from './button';
import { cx } from './cx';
import { TextField } from './field';

const veil = 'fixed inset-0 z-40 bg-veil transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0';

type LayerProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  note?: ReactNode;
  children: ReactNode;
  /** Buttons, right. */
  foot?: ReactNode;
};

function Head({ title, note }: { title: string; note?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="flex min-h-14 shrink-0 items-center gap-2 border-b border-line py-2 pr-3 pl-5">
      <div className="min-w-0 grow">
        <Base.Title className="text-16 font-semibold tracking-tight">{title}</Base.Title>
        {note && <Base.Description className="text-13 text-ink-2">{note}</Base.Description>}
      </div>
      <Base.Close
        className={buttonClass({ look: 'ghost', size: 'sm', icon: true })}
        aria-label={t('close')}
        title={t('close')}
      >
        <X aria-hidden className="size-4" />
      </Base.Close>
    </div>
  );
}

function Foot({ children }: { children: ReactNode }) {
  return <div className="flex shrink-0 flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{children}</div>;
}

export function Dialog({ wide, ...props }: LayerProps & { wide?: boolean }) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={veil} />
        <Base.Popup
          className={cx(
            'fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-24px)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border border-line bg-panel shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0',
            wide ? 'max-w-[680px]' : 'max-w-[480px]',
          )}
        >
          <Head title={props.title} note={props.note} />
          <div className="min-h-0 overflow-y-auto p-5">{props.children}</div>
          {props.foot && <Foot>{props.foot}</Foot>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export function Sheet(props: LayerProps) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={veil} />
        <Base.Popup className="fixed inset-y-0 right-0 z-50 flex w-full max-w-[440px] flex-col border-l border-line bg-panel shadow-float outline-none transition-[opacity,translate] data-ending-style:translate-x-1 data-ending-style:opacity-0 data-starting-style:translate-x-1 data-starting-style:opacity-0">
          <Head title={props.title} note={props.note} />
          <div className="min-h-0 grow overflow-y-auto p-5">{props.children}</div>
          {props.foot && <Foot>{props.foot}</Foot>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Asks before something that cannot be undone; with `typed` the reader writes that word first. */
export function Confirm(props: {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  children: ReactNode;
  action: string;
  busy?: boolean;
  /** A step forward, not a loss: the button is not red. */
  gentle?: boolean;
  /** What must be typed, and how it is named on the field. */
  typed?: { word: string; label: string };
  error?: string | null;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const hint = useId();
  const ready = !props.typed || matches(text, props.typed.word);
  return (
    <BaseAlert.Root
      open={props.open}
      onOpenChange={(open) => {
        if (open) return;
        setText('');
        props.onClose();
      }}
    >
      <BaseAlert.Portal>
        <BaseAlert.Backdrop className={veil} />
        <BaseAlert.Popup className="fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-24px)] max-w-[440px] -translate-x-1/2 -translate-y-1/2 flex-col gap-3 overflow-y-auto rounded-lg border border-line bg-panel p-5 shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
          <BaseAlert.Title className="text-16 font-semibold tracking-tight">{props.title}</BaseAlert.Title>
          <BaseAlert.Description render={<div />} className="text-14 text-ink-2">
            {props.children}
          </BaseAlert.Description>
          {props.typed && (
            <TextField
              label={props.typed.label}
              value={text}
              onChange={(event) => setText(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              aria-describedby={hint}
            />
          )}
          {props.error && (
            <p role="alert" className="text-13 text-bad">
              {props.error}
            </p>
          )}
          <div className="mt-1 flex flex-wrap justify-end gap-2">
            <BaseAlert.Close className={buttonClass({ look: 'ghost' })}>{t('cancel')}</BaseAlert.Close>
            <Button
              look={props.gentle ? 'primary' : 'end'}
              busy={props.busy ?? false}
              disabled={!ready}
              onClick={() => {
                props.onConfirm();
              }}
            >
              {props.action}
            </Button>
          </div>
        </BaseAlert.Popup>
      </BaseAlert.Portal>
    </BaseAlert.Root>
  );
}

/** Spaces and a missing plus do not matter when a number is typed to confirm. */
export function matches(typed: string, word: string): boolean {
  const plain = (text: string) => text.replace(/[\s+()-]/g, '').toLowerCase();
  return plain(typed) !== '' && plain(typed) === plain(word);
}
