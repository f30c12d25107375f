/** What a microphone heard, as a WAV file: browsers record in formats that differ from one to the next. */

/** 16 bits, one channel: the mean of all. */
export function wavOf(channels: readonly Float32Array[], rate: number): ArrayBuffer {
  const length = channels[0]?.length ?? 0;
  const bytes = new ArrayBuffer(44 + length * 2);
  const view = new DataView(bytes);
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i += 1) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + length * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, length * 2, true);
  for (let at = 0; at < length; at += 1) {
    const mean = channels.reduce((sum, channel) => sum + (channel[at] ?? 0), 0) / Math.max(1, channels.length);
    view.setInt16(44 + at * 2, Math.round(Math.max(-1, Math.min(1, mean)) * 32767), true);
  }
  return bytes;
}

/** Decodes what a recorder of this browser made and writes it as WAV. */
export async function toWav(recorded: Blob): Promise<Blob> {
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await recorded.arrayBuffer());
    const channels = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at));
    return new Blob([wavOf(channels, sound.sampleRate)], { type: 'audio/wav' });
  } finally {
    void context.close();
  }
}
