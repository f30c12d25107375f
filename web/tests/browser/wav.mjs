// A sine in a WAV file: what the fake microphone plays, again and again.
import { writeFileSync } from 'node:fs';

/** Whole periods only, so that the loop has no click. */
export function writeTone(path, hz, seconds = 2, rate = 48_000) {
  const samples = rate * seconds;
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * 2, 40);
  for (let at = 0; at < samples; at += 1) {
    bytes.writeInt16LE(Math.round(Math.sin((2 * Math.PI * hz * at) / rate) * 16_000), 44 + at * 2);
  }
  writeFileSync(path, bytes);
  return path;
}
