/** Ring and ringback, made here: no file to load, nothing to ask of a third party. */

type Cadence = { tones: number[]; onMs: number; offMs: number; gain: number };

/** A soft two-note ring for incoming calls. */
export const RING: Cadence = { tones: [587.3, 740], onMs: 900, offMs: 1_600, gain: 0.16 };
/** What a caller hears while it rings at the other end (North American cadence, quieter than speech). */
export const RINGBACK: Cadence = { tones: [440, 480], onMs: 2_000, offMs: 4_000, gain: 0.06 };

type Sinkable = AudioContext & { setSinkId?: (id: string) => Promise<void> };

export class Ringer {
  private context: Sinkable | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** Rings on this output device until stopped; an empty id is the system's. */
  ring(cadence: Cadence, deviceId: string): void {
    this.stop();
    const context: Sinkable = new AudioContext();
    this.context = context;
    // A ringer that was unplugged must not keep the call from ringing: fall back to the system's device.
    if (deviceId) context.setSinkId?.(deviceId).catch(() => undefined);
    const burst = () => {
      this.burst(context, cadence);
      this.timer = setTimeout(burst, cadence.onMs + cadence.offMs);
    };
    burst();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    void this.context?.close();
    this.context = null;
  }

  private burst(context: AudioContext, cadence: Cadence): void {
    const from = context.currentTime + 0.02;
    const until = from + cadence.onMs / 1_000;
    const gain = context.createGain();
    // Ramps instead of edges: an edge clicks.
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(cadence.gain, from + 0.03);
    gain.gain.setValueAtTime(cadence.gain, until - 0.05);
    gain.gain.linearRampToValueAtTime(0, until);
    gain.connect(context.destination);
    for (const frequency of cadence.tones) {
      const tone = context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(gain);
      tone.start(from);
      tone.stop(until);
    }
  }
}
