/** A sound as a wave that can be heard: play, pause, and a slider over the wave to go elsewhere. */
import { Pause, Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../i18n/format';
import { useProblemText } from '../i18n/problems';
import { Button } from './button';
import { cx } from './cx';

/** One row of bars; with two channels the second hangs below. */
function Wave({ wave, channels, share }: { wave: readonly number[]; channels: 1 | 2; share: number }) {
  const places = Math.max(1, Math.floor(wave.length / channels));
  const height = 40;
  const bar = (at: number): string => {
    const up = Math.max(1, ((wave[at * channels] ?? 0) / 100) * (height / 2 - 1));
    const down = channels === 2 ? Math.max(1, ((wave[at * 2 + 1] ?? 0) / 100) * (height / 2 - 1)) : up;
    return `M${at + 0.5} ${height / 2 - up}V${height / 2 + down}`;
  };
  const bars = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => bar(from + at)).join('');
  const heard = Math.round(share * places);
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${places} ${height}`}
      preserveAspectRatio="none"
      className="h-10 w-full"
      fill="none"
      strokeWidth="0.7"
    >
      <path d={bars(0, heard)} className="stroke-brand" />
      <path d={bars(heard, places)} className="stroke-ink-3" />
    </svg>
  );
}

export function WavePlayer(props: {
  /** What it is, for screen readers. */
  label: string;
  wave: readonly number[];
  channels?: 1 | 2;
  ms: number;
  /** Where the sound is; asked for when somebody presses play for the first time. */
  load: () => Promise<string>;
  className?: string;
}) {
  const { t } = useTranslation();
  const say = useProblemText();
  const audio = useRef<HTMLAudioElement | null>(null);
  const [playing, setPlaying] = useState(false);
  const [busy, setBusy] = useState(false);
  const [at, setAt] = useState(0);
  const [failed, setFailed] = useState<unknown>(null);
  useEffect(() => {
    const sound = new Audio();
    const forget = () => {
      if (sound.src.startsWith('blob:')) URL.revokeObjectURL(sound.src);
      sound.removeAttribute('src');
    };
    sound.ontimeupdate = () => setAt(sound.currentTime * 1000);
    // A link that has run out: the next press asks for another one and goes on at this place.
    sound.onerror = () => {
      setPlaying(false);
      forget();
    };
    sound.onplay = () => setPlaying(true);
    sound.onpause = () => setPlaying(false);
    sound.onended = () => {
      setPlaying(false);
      setAt(0);
      // Whoever hears it again asks again: each listening is known.
      forget();
    };
    audio.current = sound;
    return () => {
      sound.pause();
      forget();
    };
  }, []);
  const press = async () => {
    const sound = audio.current;
    if (!sound) return;
    if (playing) return sound.pause();
    setFailed(null);
    setBusy(true);
    try {
      if (!sound.src) {
        sound.src = await props.load();
        sound.currentTime = at / 1000;
      }
      await sound.play();
    } catch (thrown) {
      // Pressed twice: not a fault.
      if (thrown instanceof DOMException && thrown.name === 'AbortError') return;
      sound.removeAttribute('src');
      setFailed(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={cx('flex flex-col gap-1', props.className)}>
      <div className="flex items-center gap-3">
        <Button
          icon
          look="quiet"
          busy={busy}
          onClick={() => void press()}
          aria-label={t(playing ? 'sound.pause' : 'sound.play', { name: props.label })}
        >
          {playing ? <Pause aria-hidden className="size-4" /> : <Play aria-hidden className="size-4" />}
        </Button>
        <div className="relative min-w-0 grow rounded-md has-focus-visible:outline-2 has-focus-visible:outline-brand">
          <Wave wave={props.wave} channels={props.channels ?? 1} share={props.ms > 0 ? at / props.ms : 0} />
          <input
            type="range"
            min={0}
            max={Math.max(1, props.ms)}
            step={100}
            value={Math.min(at, props.ms)}
            aria-label={t('sound.place', { name: props.label })}
            aria-valuetext={`${clock(at)} / ${clock(props.ms)}`}
            onChange={(event) => {
              const ms = Number(event.target.value);
              setAt(ms);
              if (audio.current?.src) audio.current.currentTime = ms / 1000;
            }}
            className="absolute inset-0 h-full w-full cursor-pointer opacity-0"
          />
        </div>
        <span className="num shrink-0 text-12 text-ink-2">
          {at > 0 ? `${clock(at)} / ` : ''}
          {clock(props.ms)}
        </span>
      </div>
      {failed !== null && (
        <p role="alert" className="text-12 text-bad">
          {say(failed)}
        </p>
      )}
    </div>
  );
}
