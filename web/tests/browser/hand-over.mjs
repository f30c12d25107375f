// Hand-overs at the desk: two agents in two browsers with a tone each, and a caller with a third; who hears whom at every step.
import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findings } from './looks.mjs';
import { ear, launch, person, phoneReady, signIn } from './page.mjs';
import { client, until } from './server.mjs';
import { agent, CUSTOMER, dial, endedWith, play, stateIs } from './stage.mjs';
import { writeTone } from './wav.mjs';

const PASSWORD = 'correct horse 42';
const PICTURES = process.env.PATCHBAY_PICTURES;
const [OLIVE, ANN, CALLER] = [1000, 1700, 480];

/** Which of the three tones the page hears. */
async function tones(page) {
  await ear(page);
  return page.evaluate(
    (wanted) => {
      if (!window.__ear?.analyser) return [];
      const { context, analyser } = window.__ear;
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const width = context.sampleRate / analyser.fftSize;
      return wanted.filter((hz) => {
        const at = Math.round(hz / width);
        return Math.max(...bins.slice(at - 2, at + 3)) > -45;
      });
    },
    [OLIVE, ANN, CALLER],
  );
}

const pageHears = (name, page, wanted) =>
  until(`${name} hears ${wanted.join(' and ') || 'none of them'}`, async () => {
    const now = await tones(page);
    return now.length === wanted.length && wanted.every((hz) => now.includes(hz));
  });

const callerHears = (far, wanted) =>
  until(`the caller hears ${wanted.join(' and ') || 'none of them'}`, async () => {
    const least = wanted.length > 1 ? 0.15 : 0.6;
    for (const hz of [OLIVE, ANN]) {
      const { share } = await far.hears(hz, 300);
      if (share > least !== wanted.includes(hz)) return false;
    }
    return true;
  });

/** A colleague with a seat of her own, in a browser of her own. */
async function colleague({ scene }, wav) {
  const { link } = await scene.owner.post('/v1/invitations', { email: 'ann@kestrel.example', role: 'agent' });
  const token = new URL(link).searchParams.get('token');
  const open = client(scene.server.url);
  const session = await open.post(`/v1/invitations/by-token/accept?token=${token}`, {
    name: 'Ann Field',
    password: PASSWORD,
  });
  await scene.owner.post('/v1/seats', { label: 'Ann Field', member: session.me.member });
  const browser = await launch(writeTone(join(dirname(wav), 'ann.wav'), ANN));
  const ann = await person(browser, scene.server.url);
  await signIn(ann.page, scene.server.url, 'ann@kestrel.example', PASSWORD);
  await phoneReady(ann.page);
  return { browser, ...ann };
}

/** Olive talks to the caller. */
async function talking(page, { far }) {
  far.say({ do: 'on_call', what: 'answer', after_ms: 200, tone: CALLER });
  await dial(page, CUSTOMER);
  await far.next('incoming');
  await stateIs(page, 'talking');
  await pageHears('Olive', page, [CALLER]);
}

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  for (const [theme, width] of [
    ['light', 1440],
    ['dark', 390],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(PICTURES, `hand-over-${name}.${width}.${theme}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

export async function handOver({ test, wav }) {
  await play({ test, wav }, {}, (later, current) => {
    let ann;
    later('hand-over: ask a colleague, change between the two, bring all together, leave', async () => {
      ann ??= await colleague(current, wav);
      const { page, errors } = await agent(current);
      const { far } = current.scene;
      await talking(page, current.scene);
      await page.keyboard.press('t');
      const sheet = page.getByRole('dialog');
      await sheet.getByLabel('To whom', { exact: true }).first().fill('ann');
      await sheet.getByRole('button', { name: 'Ask first: Ann Field' }).waitFor();
      assert.deepEqual(await findings(page), []);
      await picture(page, 'sheet');
      await sheet.getByRole('button', { name: 'Ask first: Ann Field' }).click();
      const panel = page.getByRole('region', { name: 'Who talks to whom' });
      await panel.waitFor();
      await ann.page.getByRole('alertdialog').waitFor();
      await callerHears(far, []);
      await ann.page.getByRole('button', { name: /^Answer/ }).click();
      await page.locator('[data-stage="talking"]').waitFor();
      await pageHears('Olive', page, [ANN]);
      await pageHears('Ann', ann.page, [OLIVE]);
      const music = await far.hears(OLIVE);
      assert.ok(music.level_dbfs > -45, `who waits hears music, not ${music.level_dbfs} dBFS`);
      assert.deepEqual(await findings(page), []);
      await picture(page, 'asked');

      await panel.getByRole('button', { name: /^Talk to \+1/ }).click();
      await pageHears('Olive', page, [CALLER]);
      await callerHears(far, [OLIVE]);
      await pageHears('Ann', ann.page, []);

      await panel.getByRole('button', { name: 'All together' }).click();
      await pageHears('Olive', page, [CALLER, ANN]);
      await pageHears('Ann', ann.page, [CALLER, OLIVE]);
      await callerHears(far, [OLIVE, ANN]);
      await picture(page, 'together');

      await panel.getByRole('button', { name: 'Leave the others' }).click();
      await endedWith(page, 'hung_up_there');
      await pageHears('Ann', ann.page, [CALLER]);
      await callerHears(far, [ANN]);
      await ann.page.getByRole('button', { name: /^End/ }).click();
      await far.next('ended');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    later('hand-over: a question that is taken back leads back to the caller', async () => {
      ann ??= await colleague(current, wav);
      const { page } = await agent(current);
      const { far } = current.scene;
      await talking(page, current.scene);
      await page.getByRole('button', { name: /^Transfer/ }).click();
      await page.getByRole('button', { name: 'Ask first: Ann Field' }).click();
      await ann.page.getByRole('button', { name: /^Answer/ }).click();
      await pageHears('Olive', page, [ANN]);
      await page.getByRole('button', { name: 'Back to the call' }).click();
      await pageHears('Olive', page, [CALLER]);
      await callerHears(far, [OLIVE]);
      await endedWith(ann.page, 'hung_up_there');
      await page.getByRole('button', { name: /^End/ }).click();
      await far.next('ended');
      await page.context().close();
    });

    later('hand-over: a transfer without a question frees the agent when it is answered', async () => {
      ann ??= await colleague(current, wav);
      const { page } = await agent(current);
      const { far } = current.scene;
      await talking(page, current.scene);
      await page.getByRole('button', { name: /^Transfer/ }).click();
      await page.getByRole('button', { name: 'Transfer to Ann Field' }).click();
      await ann.page.getByRole('button', { name: /^Answer/ }).click();
      await endedWith(page, 'hung_up_there');
      await pageHears('Ann', ann.page, [CALLER]);
      await callerHears(far, [ANN]);
      far.say({ do: 'hang_up' });
      await endedWith(ann.page, 'hung_up_there');
      await page.context().close();
      await ann.browser.close();
    });

    later('a telephone link opens the desk, which asks and calls', async () => {
      const { page } = await agent(current);
      const { far, server } = current.scene;
      await page.goto(`${server.url}/dial?number=${encodeURIComponent('tel:+1-415-555-0177;ext=3')}`);
      await phoneReady(page);
      const question = page.getByRole('alertdialog');
      await question.getByText('+1 415 555 0177').waitFor();
      assert.deepEqual(await findings(page), []);
      await picture(page, 'link');
      far.say({ do: 'on_call', what: 'answer', after_ms: 200, tone: CALLER });
      await question.getByRole('button', { name: 'Call', exact: true }).click();
      await stateIs(page, 'talking');
      await pageHears('Olive', page, [CALLER]);
      assert.equal(new URL(page.url()).pathname, '/desk');
      await page.getByRole('button', { name: /^End/ }).click();
      await far.next('ended');
      await page.context().close();
    });
  });
}
