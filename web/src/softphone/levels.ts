/** Loudness of a stream, for the meters at both jacks. */

/** Watches a stream until stopped; `level` gives 0 to 5 bars. One audio context serves the page. */
export class LevelMeter {
  private readonly analyser: AnalyserNode;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    const context = sharedContext();
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source = context.createMediaStreamSource(stream);
    this.source.connect(this.analyser);
  }

  /** dBFS of the last 20 ms or so; -100 for silence. */
  decibels(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    const rms = Math.sqrt(sum / this.samples.length);
    return rms > 1e-5 ? 20 * Math.log10(rms) : -100;
  }

  bars(): number {
    return barsOf(this.decibels());
  }

  stop(): void {
    this.source.disconnect();
  }
}

/** Five bars over the range of speech: -55 dBFS shows the first, -12 the last. */
export function barsOf(decibels: number): number {
  const steps = [-55, -42, -32, -22, -12];
  return steps.filter((step) => decibels >= step).length;
}

let context: AudioContext | null = null;

/** Browsers allow few audio contexts, so there is one; it wakes with the first click. */
export function sharedContext(): AudioContext {
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  return context;
}
