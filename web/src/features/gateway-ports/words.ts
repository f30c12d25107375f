/** Lights and use of gateway ports in words and tones. */
import type { Light } from '../../api/types';
import type { Tone } from '../../ui/badge';

const TONES: Record<Light, Tone> = { online: 'ok', offline: 'bad', unknown: 'line', fault: 'bad' };

export const lightTone = (light: Light): Tone => TONES[light];

/** The share of channels in use as a tone: full is worth a look. */
export function loadTone(inUse: number, channels: number): Tone {
  if (channels > 1 && inUse >= channels) return 'bad';
  return channels > 4 && inUse / channels >= 0.85 ? 'warn' : 'plain';
}
