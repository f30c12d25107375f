/** A file becomes the sound. */
import { Upload } from 'lucide-react';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Note } from '../../ui/state';
import { useSendSound } from './queries';

/** What the server takes, in bytes. */
const MOST = 10 * 1024 * 1024;

export function Send({ id, language, onDone }: { id: string; language: string; onDone: () => void }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const input = useRef<HTMLInputElement>(null);
  const [share, setShare] = useState(0);
  const [over, setOver] = useState(false);
  const [large, setLarge] = useState(false);
  const send = useSendSound(setShare);
  const take = (file: File | undefined) => {
    if (!file || send.isPending) return;
    setLarge(file.size > MOST);
    setShare(0);
    if (file.size <= MOST) send.mutate({ id, language, file, source: 'upload' }, { onSuccess: onDone });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <div className="flex flex-col gap-3">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for the button inside */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={cx(
          'flex flex-col items-center gap-2 rounded-md border border-dashed border-line-strong p-6 text-center',
          over && 'bg-hover',
        )}
      >
        <Button busy={send.isPending} onClick={() => input.current?.click()}>
          <Upload aria-hidden className="size-4" />
          {t('send.choose')}
        </Button>
        <p className="text-12 text-ink-3">{t('send.note')}</p>
        <input
          ref={input}
          type="file"
          accept="audio/*,.wav,.mp3,.ogg,.flac"
          aria-label={t('send.choose')}
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            take(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
      </div>
      {send.isPending && (
        <div className="flex flex-col gap-1">
          <progress className="h-1.5 w-full accent-brand" max={1} value={share} aria-label={t('send.progress')} />
          <p className="text-12 text-ink-2">{share < 1 ? t('send.progress') : t('send.decoding')}</p>
        </div>
      )}
      {large && <Note tone="bad" title={t('problems:file_too_large')} />}
      {send.isError && !large && <Note tone="bad" title={say(send.error)} />}
    </div>
  );
}
