/** The microphone makes the sound: recorded here, heard, kept. */
import { Mic, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Note } from '../../ui/state';
import { useSendSound } from './queries';
import { toWav } from './wav';

/** Longest recording, in milliseconds. */
const MOST_MS = 5 * 60_000;

type State = { kind: 'idle' } | { kind: 'running'; since: number } | { kind: 'done'; file: Blob; url: string };

export function Record({ id, language, onDone }: { id: string; language: string; onDone: () => void }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const [state, setState] = useState<State>({ kind: 'idle' });
  const [refused, setRefused] = useState<'microphone' | 'recording' | null>(null);
  const [ms, setMs] = useState(0);
  const recorder = useRef<MediaRecorder | null>(null);
  const send = useSendSound(() => undefined);
  const finish = () => recorder.current?.state === 'recording' && recorder.current.stop();
  useEffect(
    () => () => {
      for (const track of recorder.current?.stream.getTracks() ?? []) track.stop();
    },
    [],
  );
  useEffect(() => {
    if (state.kind !== 'running') return;
    const tick = setInterval(() => {
      const passed = Date.now() - state.since;
      setMs(passed);
      if (passed >= MOST_MS && recorder.current?.state === 'recording') recorder.current.stop();
    }, 200);
    return () => clearInterval(tick);
  }, [state]);
  const begin = async () => {
    setRefused(null);
    setMs(0);
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return setRefused('microphone');
    }
    const pieces: Blob[] = [];
    const own = new MediaRecorder(stream);
    recorder.current = own;
    own.ondataavailable = (event) => pieces.push(event.data);
    own.onstop = async () => {
      for (const track of stream.getTracks()) track.stop();
      try {
        const file = await toWav(new Blob(pieces, { type: own.mimeType }));
        setState({ kind: 'done', file, url: URL.createObjectURL(file) });
      } catch {
        setState({ kind: 'idle' });
        setRefused('recording');
      }
    };
    own.start();
    setState({ kind: 'running', since: Date.now() });
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center gap-3">
        {state.kind === 'running' ? (
          <Button look="end" onClick={finish}>
            <Square aria-hidden className="size-4" />
            {t('record.stop')}
          </Button>
        ) : (
          <Button look={state.kind === 'done' ? 'plain' : 'primary'} onClick={() => void begin()}>
            <Mic aria-hidden className="size-4" />
            {state.kind === 'done' ? t('record.again') : t('record.begin')}
          </Button>
        )}
        {state.kind === 'running' && (
          <span role="timer" className="num text-13 text-ink-2">
            {clock(ms)}
          </span>
        )}
      </div>
      {state.kind === 'idle' && <p className="text-12 text-ink-3">{t('record.note')}</p>}
      {state.kind === 'done' && (
        <>
          {/* biome-ignore lint/a11y/useMediaCaption: it is the speaker's own recording, just made */}
          <audio controls src={state.url} className="w-full" />
          <Button
            look="primary"
            className="self-start"
            busy={send.isPending}
            onClick={() => send.mutate({ id, language, file: state.file, source: 'recording' }, { onSuccess: onDone })}
          >
            {t('record.keep')}
          </Button>
        </>
      )}
      {refused && <Note tone="bad" title={t(`record.no_${refused}`)} />}
      {send.isError && <Note tone="bad" title={say(send.error)} />}
    </div>
  );
}
