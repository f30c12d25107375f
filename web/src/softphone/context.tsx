/** The phone as React sees it: one store for the whole app, so that a call stays while pages change. */
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { keepDevices } from './devices';
import { LevelMeter } from './levels';
import { initialState, type PhoneState } from './machine';
import type { Devices, Phone } from './phone';
import type { PhoneStore } from './store';

const PhoneContext = createContext<PhoneStore | null>(null);

export function PhoneProvider({ store, children }: { store: PhoneStore | null; children: ReactNode }) {
  return <PhoneContext.Provider value={store}>{children}</PhoneContext.Provider>;
}

export type PhoneHandle = {
  state: PhoneState;
  /** Absent while the person has no seat. */
  phone: Phone | null;
  /** Takes the phone over from another tab. */
  takeOver: () => void;
  chooseDevices: (devices: Devices) => void;
};

const nothing = () => () => undefined;
const off = () => initialState;

export function usePhone(): PhoneHandle {
  const store = useContext(PhoneContext);
  const state = useSyncExternalStore(store?.subscribe ?? nothing, store?.snapshot ?? off);
  return {
    state,
    phone: store?.phone ?? null,
    takeOver: () => store?.start(true),
    chooseDevices: (devices) => {
      keepDevices(devices);
      store?.phone.setDevices(devices);
    },
  };
}

/** The time, again each `everyMs` while `running`; for timers that are computed from timestamps. */
export function useNow(everyMs: number, running = true): number {
  const [now, setNow] = useState(() => Date.now());
  // A timer is an outside system: it has to be started and stopped with the component.
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, running]);
  return now;
}

/** Loudness at both jacks, 0 to 5 bars. */
export function useLevels(active: boolean): { us: number; them: number } {
  const { phone } = usePhone();
  const [levels, setLevels] = useState({ us: 0, them: 0 });
  // Meters hang on audio streams, which React does not know.
  useEffect(() => {
    if (!phone || !active) {
      setLevels({ us: 0, them: 0 });
      return;
    }
    const meters: { us?: LevelMeter; them?: LevelMeter } = {};
    const timer = setInterval(() => {
      const { local, remote } = phone.streams();
      if (local && !meters.us) meters.us = new LevelMeter(local);
      if (remote && !meters.them) meters.them = new LevelMeter(remote);
      const next = { us: meters.us?.bars() ?? 0, them: meters.them?.bars() ?? 0 };
      setLevels((before) => (before.us === next.us && before.them === next.them ? before : next));
    }, 100);
    return () => {
      clearInterval(timer);
      meters.us?.stop();
      meters.them?.stop();
    };
  }, [phone, active]);
  return levels;
}
