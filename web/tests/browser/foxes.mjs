// The road of the first call in Firefox: its offers, its DTLS and its ICE are not Chromium's.
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { EMAIL, echo, owner, PASSWORD } from './alone.mjs';
import { conversation, fragments, losesItsWay } from './calls.mjs';
import { hearsNothing, hearsTone, launchFirefox, person, signIn } from './page.mjs';
import { pause, startServer, until } from './server.mjs';
import { lastRecord, play, stateIs } from './stage.mjs';

/** Firefox has no candidates on loopback and drops pairs that lead there. */
function outside() {
  const found = Object.values(networkInterfaces()).flat();
  return found.find((one) => one.family === 'IPv4' && !one.internal)?.address;
}

/** One more call to the echo: hold and resume, an ICE restart, digits that the record keeps. */
async function duringTheEcho(page, api) {
  await page.getByRole('button', { name: 'Call the echo' }).click();
  await stateIs(page, 'talking');
  await hearsTone(page, 1000);
  await page.getByRole('button', { name: /^Hold/ }).click();
  await stateIs(page, 'held_by_us');
  await hearsNothing(page);
  await page.getByRole('button', { name: /^Resume/ }).click();
  await stateIs(page, 'talking');
  await hearsTone(page, 1000);
  const before = await fragments(page);
  await losesItsWay(page);
  await until('both sides have new credentials', async () => {
    const after = await fragments(page);
    return before.every((one, at) => one !== after[at]);
  });
  await hearsTone(page, 1000);
  await page.getByRole('button', { name: /^Keypad/ }).click();
  for (const digit of '159#') {
    await page.getByRole('button', { name: `Key ${digit}`, exact: true }).click();
    await pause(300);
  }
  await pause(500);
  await page.getByRole('button', { name: /^End/ }).click();
  const { timeline, legs } = await lastRecord(api);
  const digits = timeline.filter((moment) => moment.kind === 'digit').map((moment) => moment.digit);
  assert.deepEqual(digits, [...'159#']);
  const { received, lost } = legs.find((leg) => leg.role === 'caller').figures;
  assert.ok(received > 200 && lost < 10, `${received} packets came, ${lost} were lost`);
}

export async function foxes(suite) {
  if (!existsSync(process.env.FIREFOX ?? '/usr/bin/firefox-esr')) {
    return console.log('# Firefox is not here: infra/scripts/deps.sh test brings it; its calls are left out');
  }
  const media = outside();
  if (!media) return console.log('# no address but loopback, where Firefox sends nothing: its calls are left out');
  await suite.test(
    'Firefox: a newcomer hears the echo, holds it, loses the way to it and presses keys',
    async () => {
      const server = await startServer({ demo: true, media });
      const browser = await launchFirefox();
      try {
        const { api } = await owner(server);
        const { page, errors } = await person(browser, server.url);
        await signIn(page, server.url, EMAIL, PASSWORD);
        await echo(page);
        await duringTheEcho(page, api);
        assert.deepEqual(errors, []);
      } finally {
        await browser.close();
        await server.stop();
      }
    },
    120_000,
  );
  await play(suite, { start: launchFirefox, media }, (later, current) => conversation(later, 'Firefox', current));
}
