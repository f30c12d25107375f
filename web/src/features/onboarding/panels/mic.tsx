import { Mic, MicOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhone } from '../../../softphone/context';
import { constraintsOf, listDevices, readDevices } from '../../../softphone/devices';
import { barsOf, LevelMeter } from '../../../softphone/levels';
import { Button } from '../../../ui/button';
import { cx } from '../../../ui/cx';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Note } from '../../../ui/state';
import { useStepChange } from '../page';

type Microphone =
  | { kind: 'off' }
  | { kind: 'asking' }
  | { kind: 'denied' }
  | { kind: 'missing' }
  | { kind: 'on'; stream: MediaStream };

/** Speech at this many bars, this long, proves the microphone. */
const HEARD_BARS = 3;
const HEARD_MS = 600;
const LOOK_MS = 50;

export function MicPanel() {
  const { t } = useTranslation('onboarding');
  const { chooseDevices } = usePhone();
  const [mic, setMic] = useState<Microphone>({ kind: 'off' });
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [chosen, setChosen] = useState(() => readDevices().microphone);
  const stream = mic.kind === 'on' ? mic.stream : null;
  const { decibels, heard } = useLoudness(stream);
  const change = useStepChange();

  const ask = async (deviceId: string) => {
    setMic({ kind: 'asking' });
    try {
      const taken = await navigator.mediaDevices.getUserMedia(
        constraintsOf({ ...readDevices(), microphone: deviceId }),
      );
      setMic({ kind: 'on', stream: taken });
      const { microphones } = await listDevices();
      setDevices(microphones);
      const used = taken.getAudioTracks()[0]?.getSettings().deviceId ?? '';
      if (microphones.some((one) => one.deviceId === used)) setChosen(used);
    } catch (why) {
      setMic({ kind: why instanceof DOMException && why.name === 'NotFoundError' ? 'missing' : 'denied' });
    }
  };

  // The light of the microphone goes out when the panel closes.
  useEffect(() => () => stream?.getTracks().forEach((track) => void track.stop()), [stream]);

  return (
    <>
      <p>{t('mic_test.say')}</p>
      <Meter decibels={stream ? decibels : -100} />
      {mic.kind === 'off' || mic.kind === 'asking' ? (
        <Button look="primary" busy={mic.kind === 'asking'} onClick={() => void ask(chosen)}>
          <Mic aria-hidden className="size-4" />
          {t('mic_test.use')}
        </Button>
      ) : null}
      {mic.kind === 'denied' && (
        <Note
          tone="bad"
          title={t('mic_test.denied')}
          action={
            <Button size="xs" onClick={() => void ask('')}>
              {t('common:try_again')}
            </Button>
          }
        >
          {t('mic_test.denied_way')}
        </Note>
      )}
      {mic.kind === 'missing' && (
        <Note
          tone="warn"
          title={t('mic_test.missing')}
          action={
            <Button size="xs" onClick={() => void ask('')}>
              {t('common:try_again')}
            </Button>
          }
        >
          {t('mic_test.missing_way')}
        </Note>
      )}
      {mic.kind === 'on' && (
        <>
          <Field label={t('mic_test.device')}>
            {(wiring) => (
              <Select
                {...wiring}
                value={chosen}
                options={devices.map((one, index) => ({
                  value: one.deviceId,
                  label: one.label || t('mic_test.nth', { n: index + 1 }),
                }))}
                onChange={(id) => {
                  setChosen(id);
                  chooseDevices({ ...readDevices(), microphone: id });
                  stream?.getTracks().forEach((track) => void track.stop());
                  void ask(id);
                }}
              />
            )}
          </Field>
          <p aria-live="polite" className={cx('flex items-center gap-2 text-13', heard ? 'text-ok' : 'text-ink-2')}>
            {heard ? <Mic aria-hidden className="size-4" /> : <MicOff aria-hidden className="size-4" />}
            {heard ? t('mic_test.heard') : t('mic_test.waiting')}
          </p>
          <Button
            look={heard ? 'primary' : 'plain'}
            busy={change.isPending}
            onClick={() => change.mutate({ step: 'mic_test', how: 'done' })}
          >
            {heard ? t('mic_test.good') : t('mic_test.good_anyway')}
          </Button>
        </>
      )}
    </>
  );
}

/** How loud a stream is, and whether speech was heard for long enough. */
function useLoudness(stream: MediaStream | null): { decibels: number; heard: boolean } {
  const [decibels, setDecibels] = useState(-100);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (!stream) return;
    const meter = new LevelMeter(stream);
    let loudFor = 0;
    const timer = setInterval(() => {
      const level = meter.decibels();
      setDecibels(level);
      loudFor += barsOf(level) >= HEARD_BARS ? LOOK_MS : 0;
      if (loudFor >= HEARD_MS) setHeard(true);
    }, LOOK_MS);
    return () => {
      clearInterval(timer);
      meter.stop();
    };
  }, [stream]);
  return { decibels, heard };
}

/** Twenty-four bars from -60 to 0 dBFS. */
function Meter({ decibels }: { decibels: number }) {
  const { t } = useTranslation('onboarding');
  const bars = 24;
  const lit = Math.round(Math.min(1, Math.max(0, (decibels + 60) / 60)) * bars);
  return (
    <div
      role="meter"
      aria-label={t('mic_test.level')}
      aria-valuemin={0}
      aria-valuemax={bars}
      aria-valuenow={lit}
      className="flex h-16 items-center gap-1 rounded-lg border border-line bg-bg px-4"
    >
      {Array.from({ length: bars }, (_, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars of a meter are their place.
          key={index}
          className={cx(
            'h-8 grow rounded-[2px] transition-colors',
            index >= lit ? 'bg-line' : index > 21 ? 'bg-bad' : index > 18 ? 'bg-warn' : 'bg-ok',
          )}
        />
      ))}
    </div>
  );
}
