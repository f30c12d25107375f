// Browser tests against the real server: `node tests/browser/run.mjs [name...]`. Closes with "N passed, N failed".
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calls } from './calls.mjs';
import { journey } from './journey.mjs';
import { looks } from './looks.mjs';
import { pictures } from './pictures.mjs';
import { reach } from './reach.mjs';
import { writeTone } from './wav.mjs';

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'patchbay-tone-'));
const wav = writeTone(join(folder, 'tone.wav'), 1000);
let [passed, failed] = [0, 0];

/** One test: named as a sentence, bounded in time. */
async function test(name, body, ms = 60_000) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) return;
  const started = Date.now();
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`took longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([body(), late]);
    passed += 1;
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
  } catch (why) {
    failed += 1;
    console.log(`not ok  ${name}\n        ${why.stack ?? why}`);
  } finally {
    clearTimeout(timer);
  }
}

try {
  for (const suite of [journey, calls, looks, reach, pictures]) {
    try {
      await suite({ test, wav });
    } catch (why) {
      failed += 1;
      console.log(`not ok  ${suite.name} could not run\n        ${why.stack ?? why}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
