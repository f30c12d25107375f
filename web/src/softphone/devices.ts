/** Which microphone, speaker and ringer the person chose; kept in this browser. */
import type { Devices } from './phone';

const KEY = 'patchbay.devices';

export const defaultDevices: Devices = { microphone: '', speaker: '', ringer: '', processing: true };

export function readDevices(): Devices {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return kept && typeof kept === 'object' ? { ...defaultDevices, ...(kept as Partial<Devices>) } : defaultDevices;
  } catch {
    return defaultDevices;
  }
}

export function keepDevices(devices: Devices): void {
  localStorage.setItem(KEY, JSON.stringify(devices));
}

/** Constraints of the microphone. A device that is gone is no error: the browser takes another. */
export function constraintsOf(devices: Devices): MediaStreamConstraints {
  const { microphone, processing } = devices;
  return {
    video: false,
    audio: {
      ...(microphone ? { deviceId: { ideal: microphone } } : {}),
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
    },
  };
}

export type DeviceList = { microphones: MediaDeviceInfo[]; speakers: MediaDeviceInfo[] };

export async function listDevices(): Promise<DeviceList> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const named = all.filter((device) => device.deviceId !== '' && device.deviceId !== 'communications');
  return {
    microphones: named.filter((device) => device.kind === 'audioinput'),
    speakers: named.filter((device) => device.kind === 'audiooutput'),
  };
}
