/** Microphone, speaker, ringer and a check that they work, before the first caller finds out. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLevels, usePhone } from '../../softphone/context';
import { constraintsOf, type DeviceList, listDevices, readDevices } from '../../softphone/devices';
import { LevelMeter } from '../../softphone/levels';
import type { Devices } from '../../softphone/phone';
import { RING, Ringer } from '../../softphone/ringer';
import { Button } from '../../ui/button';
import { Select } from '../../ui/select';
import { Levels } from './patch-cord';

type Check = { kind: 'idle' } | { kind: 'listening'; bars: number; heard: boolean } | { kind: 'refused'; name: string };

export function Headset() {
  const { t } = useTranslation('desk');
  const { state, chooseDevices } = usePhone();
  const [devices, setDevices] = useState(readDevices);
  const list = useDeviceList();
  const [check, setCheck] = useCheck(devices);
  const live = useLevels(state.call?.stage === 'talking');
  const choose = (change: Partial<Devices>) => {
    const next = { ...devices, ...change };
    setDevices(next);
    chooseDevices(next);
  };
  const bars = check.kind === 'listening' ? check.bars : live.us;
  return (
    <section aria-label={t('headset.title')} className="border-b border-line p-4">
      <div className="mb-3 flex items-center gap-2">
        <h2 className="grow text-13 font-semibold">{t('headset.title')}</h2>
        {check.kind === 'listening' && check.heard && (
          <span className="text-13 font-medium text-ok">{t('headset.works')}</span>
        )}
        <Levels bars={bars} label={t('level.us', { count: bars })} />
      </div>
      <div className="flex flex-col gap-2.5">
        <Choice
          label={t('headset.microphone')}
          list={list.microphones}
          value={devices.microphone}
          onChange={(microphone) => choose({ microphone })}
        />
        <Choice
          label={t('headset.speaker')}
          list={list.speakers}
          value={devices.speaker}
          onChange={(speaker) => choose({ speaker })}
        />
        <Choice
          label={t('headset.ringer')}
          list={list.speakers}
          value={devices.ringer}
          onChange={(ringer) => choose({ ringer })}
        />
        <label className="flex items-center gap-2 text-13">
          <input
            type="checkbox"
            className="tick"
            checked={devices.processing}
            onChange={(event) => choose({ processing: event.target.checked })}
          />
          {t('headset.processing')}
        </label>
      </div>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          size="sm"
          look="quiet"
          reason={state.call ? t('headset.in_call') : null}
          onClick={() => setCheck(check.kind === 'listening' ? 'stop' : 'listen')}
        >
          {t(check.kind === 'listening' ? 'headset.stop' : 'headset.check')}
        </Button>
        <Button size="sm" look="ghost" onClick={() => ringOnce(devices.ringer)}>
          {t('headset.ring')}
        </Button>
      </div>
      {check.kind === 'listening' && !check.heard && <p className="mt-2 text-13 text-ink-2">{t('headset.speak')}</p>}
      {check.kind === 'refused' && (
        <p role="alert" className="mt-2 text-13 text-bad">
          {t(
            check.name === 'NotAllowedError'
              ? 'headset.denied'
              : check.name === 'NotFoundError'
                ? 'headset.none'
                : 'headset.broken',
          )}
        </p>
      )}
    </section>
  );
}

function ringOnce(device: string): void {
  const ringer = new Ringer();
  ringer.ring(RING, device);
  setTimeout(() => ringer.stop(), RING.onMs + 200);
}

function Choice(props: { label: string; list: MediaDeviceInfo[]; value: string; onChange: (id: string) => void }) {
  const { t } = useTranslation('desk');
  const options = [
    { value: '', label: t('headset.system') },
    ...props.list
      .filter((one) => one.deviceId !== 'default')
      .map((one, at) => ({ value: one.deviceId, label: one.label || t('headset.unnamed', { at: at + 1 }) })),
  ];
  const known = options.some((one) => one.value === props.value);
  return (
    <div className="grid grid-cols-[88px_minmax(0,1fr)] items-center gap-2 text-13">
      <span className="text-ink-3">{props.label}</span>
      <Select
        label={props.label}
        options={options}
        value={known ? props.value : ''}
        onChange={props.onChange}
        size="sm"
      />
    </div>
  );
}

function useDeviceList(): DeviceList {
  const [list, setList] = useState<DeviceList>({ microphones: [], speakers: [] });
  // Devices are plugged in and out behind the page's back.
  useEffect(() => {
    const read = () => void listDevices().then(setList, () => undefined);
    read();
    navigator.mediaDevices?.addEventListener('devicechange', read);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', read);
  }, []);
  return list;
}

/** Opens the microphone while the check runs; it is let go with the page or the next call. */
function useCheck(devices: Devices): [Check, (order: 'listen' | 'stop') => void] {
  const { state } = usePhone();
  const [order, setOrder] = useState<'listen' | 'stop'>('stop');
  const [check, setCheck] = useState<Check>({ kind: 'idle' });
  const inCall = state.call !== null;
  // The microphone is a device: it is opened and must be closed.
  useEffect(() => {
    if (order === 'stop' || inCall) {
      setCheck({ kind: 'idle' });
      setOrder('stop');
      return;
    }
    let stream: MediaStream | null = null;
    let meter: LevelMeter | null = null;
    let gone = false;
    const timer = setInterval(() => {
      if (!meter) return;
      const bars = meter.bars();
      setCheck((before) => ({
        kind: 'listening',
        bars,
        heard: bars >= 3 || (before.kind === 'listening' && before.heard),
      }));
    }, 100);
    navigator.mediaDevices.getUserMedia(constraintsOf(devices)).then(
      (opened) => {
        if (gone) return stop(opened);
        stream = opened;
        meter = new LevelMeter(opened);
        setCheck({ kind: 'listening', bars: 0, heard: false });
      },
      (why: Error) => setCheck({ kind: 'refused', name: why.name }),
    );
    return () => {
      gone = true;
      clearInterval(timer);
      meter?.stop();
      if (stream) stop(stream);
    };
  }, [order, inCall, devices]);
  return [check, setOrder];
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
