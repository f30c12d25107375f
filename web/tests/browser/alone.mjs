// The product by itself: the binary in a folder of its own, nothing else of the repository, no network but loopback. Every page
// works, asks nobody else for anything and complains of nothing. infra/scripts/alone.sh makes that place.
import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { INSIDE, OPERATOR, OUTSIDE, operatorSignIn } from './looks.mjs';
import { hearsTone, launch, person, phoneReady, signIn } from './page.mjs';
import { client, startServer, until } from './server.mjs';

export const PASSWORD = 'correct horse 42';
export const EMAIL = 'ada@alone.example';

/** Opens a page by its address, as a bookmark does, and sees that it came with words and without a failure. */
async function opens(page, url, path) {
  const answer = await page.goto(`${url}${path}`);
  assert.equal(answer.status(), 200, path);
  await page.locator('main, form, h1').first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const text = await page.locator('body').textContent();
  assert.ok(text.trim().length > 40, `${path} is empty`);
  assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [], `${path} complains`);
}

/** The echo of the demonstration, heard in the page. */
export async function echo(page) {
  await phoneReady(page);
  await page.getByRole('button', { name: 'Call the echo' }).click();
  await page.locator('[data-state="talking"]').first().waitFor();
  await hearsTone(page, 1000);
  await page.getByRole('button', { name: /^End/ }).click();
  await page.locator('[data-reason="hung_up_here"]').waitFor();
}

export async function owner(server) {
  const open = client(server.url);
  const ask = { company: 'Alone', name: 'Ada Owner', email: EMAIL, password: PASSWORD, country: 'US' };
  const session = await open.post('/v1/sign-up', ask);
  const api = open.as(session.access_token);
  await api.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  return { api, link: new URL(session.email_link, server.url) };
}

export async function alone({ test, wav }) {
  await test('there is no network but loopback, and the binary lies alone', async () => {
    const found = Object.values(networkInterfaces()).flat();
    assert.ok(
      found.every((one) => one.internal),
      JSON.stringify(found),
    );
    assert.deepEqual(readdirSync(dirname(process.env.PATCHBAY_BIN)), ['patchbay']);
  });
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  try {
    await test('every page opens with the network cut, for nobody, an owner and the operator', async () => {
      const { api, link } = await owner(server);
      const { context, page, foreign, errors } = await person(browser, server.url);
      for (const path of [...OUTSIDE, '/nowhere']) await opens(page, server.url, path);
      await opens(page, server.url, `${link.pathname}${link.search}`);
      const invited = await api.post('/v1/invitations', { email: 'ben@alone.example', role: 'agent' });
      const join = new URL(invited.link, server.url);
      await opens(page, server.url, `${join.pathname}${join.search}`);
      await signIn(page, server.url, EMAIL, PASSWORD);
      await echo(page);
      const [call] = await until('the call is in the list', async () => {
        const { items } = await api.get('/v1/calls?limit=1');
        return items[0]?.ended_at ? items : null;
      });
      for (const path of [...INSIDE, `/calls/${call.id}`]) await opens(page, server.url, path);
      await operatorSignIn(page, server);
      await page.goto(`${server.url}/operator/gateways`);
      const gateway = await page.getByRole('link', { name: 'Falcon E1' }).getAttribute('href');
      for (const path of [...OPERATOR, '/operator/settings', gateway]) await opens(page, server.url, path);
      assert.deepEqual(foreign, [], 'no request leaves for a third party');
      assert.deepEqual(errors, [], 'the browser has nothing to complain of');
      await context.close();
    }, 180_000);
  } finally {
    await browser.close();
    await server.stop();
  }
}
