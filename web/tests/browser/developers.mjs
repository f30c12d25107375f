// The pages for those who write programs, by hand: a key is made, used, replaced and revoked; the reference is searched.
import { strict as assert } from 'node:assert';
import { launch, person, signIn } from './page.mjs';
import { client, startServer } from './server.mjs';
import { webhooks } from './webhooks.mjs';

const PASSWORD = 'correct horse 42';

export async function developers({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  const open = client(server.url);
  const email = 'olga@aster.example';
  const session = await open.post('/v1/sign-up', { company: 'Aster', name: 'Olga Owner', email, password: PASSWORD });
  const { page, errors, foreign } = await person(browser, server.url);
  await signIn(page, server.url, email, PASSWORD, '/developers/keys');
  const button = (name) => page.getByRole('button', { name, exact: true }).first();
  const shown = async () => {
    await page.getByText('Copy it now').waitFor();
    const secret = await page.getByLabel('Key', { exact: true }).inputValue();
    await button('I have kept it').click();
    return secret;
  };
  const status = async (secret) =>
    (await fetch(`${server.url}/v1/seats`, { headers: { Authorization: `Bearer ${secret}` } })).status;
  try {
    await test('developers: a key is made, used, replaced and revoked by hand', async () => {
      await page.getByText('No keys yet').waitFor();
      await button('New key').click();
      const sheet = page.getByRole('dialog');
      await sheet.getByRole('button', { name: 'Make the key' }).click();
      await sheet.getByText('Choose at least one right').waitFor();
      await sheet.getByLabel('Name', { exact: true }).fill('Nightly report');
      await sheet.getByRole('checkbox', { name: 'seats:read', exact: true }).check();
      await sheet.getByRole('button', { name: 'Make the key' }).click();
      const first = await shown();
      assert.equal(await status(first), 200);
      assert.equal((await page.content()).includes(first), false, 'shown once');
      await page.getByRole('row', { name: /Nightly report/ }).click();
      await button('Replace the secret').click();
      const second = await shown();
      assert.deepEqual([await status(first), await status(second)], [200, 200]);
      await button('End now').click();
      await page.getByText('The old secret has ended').waitFor();
      assert.deepEqual([await status(first), await status(second)], [401, 200]);
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke', exact: true }).click();
      await page.getByText('Nightly report is revoked').waitFor();
      assert.equal(await status(second), 401);
      await page.getByText('No keys yet').waitFor();
    });

    await webhooks({ test, page, button, api: open.as(session.access_token) });

    await test('developers: the reference finds an operation and shows how to call it here', async () => {
      await page.getByRole('link', { name: 'API reference', exact: true }).click();
      await page.getByLabel('Search operations').fill('make a seat');
      await page.getByRole('link', { name: /Make a seat/ }).click();
      const article = page.getByRole('article');
      await article.getByText('Key with seats:write').waitFor();
      const text = await article.textContent();
      assert.ok(text.includes(`${server.url}/v1/seats`), text);
      assert.ok(text.includes('idempotency_mismatch') && text.includes('extension'));
      const document = await (await fetch(`${server.url}/v1/openapi.json`)).json();
      assert.equal(document.openapi.slice(0, 3), '3.1');
    });

    await test('developers: a seat token that was ended is not given out again', async () => {
      const session = await open.post('/v1/sign-in', { email, password: PASSWORD });
      await open.as(session.access_token).post('/v1/seats', { label: 'Front desk', member: session.me.member });
      await page.goto(`${server.url}/team?tab=seats`);
      await page.getByRole('row', { name: /Front desk/ }).click();
      const sheet = page.getByRole('dialog');
      const token = sheet.getByRole('textbox', { name: 'Token for a quarter of an hour' });
      const made = async () => {
        await sheet.getByRole('button', { name: 'Make a token to try' }).click();
        return token.inputValue();
      };
      const first = await made();
      await sheet.getByRole('button', { name: 'End', exact: true }).click();
      await page.getByText('The token has ended').waitFor();
      await token.waitFor({ state: 'detached' });
      const second = await made();
      assert.notEqual(first, second);
      const phone = async (secret) =>
        (await fetch(`${server.url}/v1/softphone`, { headers: { Authorization: `Bearer ${secret}` } })).status;
      assert.deepEqual([await phone(first), await phone(second)], [401, 200]);
    });
    assert.deepEqual([foreign, errors], [[], []]);
  } finally {
    await browser.close();
    await server.stop();
  }
}
