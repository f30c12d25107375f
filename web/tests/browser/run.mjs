// Browser tests against the real server: `node tests/browser/run.mjs [--suite NAME] [name...]`. Without a suite all run but those
// that need more than a browser (`alone`: infra/scripts/alone.sh). Closes with "N passed, N failed".
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { album } from './album.mjs';
import { alone } from './alone.mjs';
import { calls } from './calls.mjs';
import { consoleOfOperators } from './console.mjs';
import { developers } from './developers.mjs';
import { embed } from './embed.mjs';
import { flows } from './flows.mjs';
import { foxes } from './foxes.mjs';
import { handOver } from './hand-over.mjs';
import { inbound } from './inbound.mjs';
import { journey } from './journey.mjs';
import { looks } from './looks.mjs';
import { offersOfPages } from './offers.mjs';
import { organisation } from './organisation.mjs';
import { ownGateway } from './own-gateway.mjs';
import { pictures } from './pictures.mjs';
import { queues } from './queues.mjs';
import { reach } from './reach.mjs';
import { reload } from './reload.mjs';
import { tabs } from './tabs.mjs';
import { trial } from './trial.mjs';
import { writeTone } from './wav.mjs';

const SUITES = {
  journey,
  calls,
  foxes,
  tabs,
  'hand-over': handOver,
  offers: offersOfPages,
  trial,
  developers,
  organisation,
  queues,
  flows,
  inbound,
  reload,
  console: consoleOfOperators,
  embed,
  looks,
  reach,
  'own-gateway': ownGateway,
  pictures,
};
const SPECIAL = { alone, album };

const wanted = process.argv.slice(2);
const suite = wanted[0] === '--suite' ? wanted.splice(0, 2)[1] : null;
const chosen = suite ? [{ ...SUITES, ...SPECIAL }[suite]] : Object.values(SUITES);
if (!chosen.every(Boolean)) throw new Error(`no suite ${suite}: ${Object.keys({ ...SUITES, ...SPECIAL }).join(', ')}`);
const folder = mkdtempSync(join(tmpdir(), 'patchbay-tone-'));
const wav = writeTone(join(folder, 'tone.wav'), 1000);
let [passed, failed] = [0, 0];

/** One test: named as a sentence, bounded in time. */
async function test(name, body, ms = 60_000) {
  if (!test.wants(name)) return;
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

test.wants = (name) => wanted.length === 0 || wanted.some((word) => name.includes(word));

try {
  for (const one of chosen) {
    try {
      await one({ test, wav });
    } catch (why) {
      failed += 1;
      console.log(`not ok  ${one.name} could not run\n        ${why.stack ?? why}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
