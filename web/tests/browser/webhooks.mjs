// Webhooks and the event explorer by hand, with a receiver that has its moods.
import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { findings } from './looks.mjs';
import { freePort, until } from './server.mjs';

const PICTURES = process.env.PATCHBAY_PICTURES;

async function receiver() {
  const port = await freePort();
  const got = [];
  const mood = { status: 200 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      response.writeHead(mood.status, { 'content-type': 'text/plain' }).end('thank you');
    });
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${port}/hook`, got, mood, stop: () => server.close() };
}

const signed = (secret, { headers, body }) => {
  const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
  const own = mac.update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  return headers['webhook-signature'].split(' ').includes(`v1,${own}`);
};

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** On a phone, and in the dark: pictures and axe. */
async function elsewhere(page, name) {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  await picture(page, `${name}-phone`);
  assert.deepEqual(await findings(page), []);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${name} is ${wider} px wider than a phone`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForTimeout(300);
  await picture(page, `${name}-dark`);
  assert.deepEqual(await findings(page), []);
  await page.emulateMedia({ colorScheme: 'light' });
}

export async function webhooks({ test, page, button, api }) {
  const there = await receiver();
  try {
    await test('developers: a webhook is made, tried, and its deliveries are seen with request and answer', async () => {
      await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
      await page.getByText('No webhooks yet').waitFor();
      await picture(page, 'webhooks-empty');
      await button('New webhook').click();
      const sheet = page.getByRole('dialog');
      await sheet.getByRole('button', { name: 'Make the webhook' }).click();
      await sheet.getByText('Say where events are to be sent').waitFor();
      await sheet.getByLabel('Address').fill(there.url);
      await sheet.getByLabel('Name', { exact: true }).fill('CRM');
      await sheet.getByText('Seats', { exact: true }).click();
      await sheet.getByRole('checkbox', { name: 'All seat events, those to come too' }).check();
      await picture(page, 'webhooks-new');
      assert.deepEqual(await findings(page), []);
      await sheet.getByRole('button', { name: 'Make the webhook' }).click();
      await page.getByText('Copy it now').waitFor();
      const secret = await page.getByLabel('Signing secret', { exact: true }).inputValue();
      await picture(page, 'webhooks-secret');
      await button('I have kept it').click();
      await page.getByRole('heading', { name: 'CRM' }).waitFor();
      assert.equal((await page.content()).includes(secret), false, 'shown once');
      await button('Send a test').click();
      await until('the test event', () => there.got.length === 1);
      assert.equal(JSON.parse(there.got[0].body).type, 'webhook.tested');
      await api.post('/v1/seats', {});
      await until('the event of a seat', () => there.got.length === 2);
      assert.ok(there.got.every((one) => signed(secret, one)));
      await page.getByRole('row', { name: /seat.created/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('thank you').waitFor();
      await dialog.getByText(/webhook-signature: v1,/).waitFor();
      await picture(page, 'webhooks-delivery');
      assert.deepEqual(await findings(page), []);
      await dialog.getByRole('button', { name: 'Send again', exact: true }).click();
      await until('the same event again', () => there.got.length === 3);
      assert.equal(there.got[2].headers['webhook-id'], there.got[1].headers['webhook-id']);
      await button('Replace the secret').click();
      await page.getByText('Copy it now').waitFor();
      const fresh = await page.getByLabel('Signing secret', { exact: true }).inputValue();
      await button('I have kept it').click();
      await api.post('/v1/seats', {});
      await until('an event with two signatures', () => there.got.length === 4);
      assert.ok(signed(secret, there.got[3]) && signed(fresh, there.got[3]));
    });

    await test('developers: a webhook that is switched off says so and is switched on again', async () => {
      there.mood.status = 410;
      await api.post('/v1/seats', {});
      await page.getByText('Switched off: the receiver answered 410').waitFor();
      await picture(page, 'webhooks-off');
      assert.deepEqual(await findings(page), []);
      await page.getByRole('main').getByRole('button', { name: 'Send again' }).hover();
      there.mood.status = 200;
      const before = there.got.length;
      await button('Go on where it stopped').click();
      await until('the event that was not taken', () => there.got.length === before + 1);
      await page.getByText('Switched off: the receiver answered 410').waitFor({ state: 'detached' });
      await page.waitForTimeout(3_500);
      await picture(page, 'webhooks-one');
      await elsewhere(page, 'webhooks-one');
      await page.getByRole('link', { name: 'Webhooks', exact: true }).first().click();
      await page.getByRole('row', { name: /CRM/ }).waitFor();
      await picture(page, 'webhooks-list');
      await elsewhere(page, 'webhooks-list');
    });

    await test('developers: the event explorer filters, follows and shows what an event holds', async () => {
      await page.getByRole('link', { name: 'Events', exact: true }).click();
      await page.getByRole('row', { name: /webhook.switched_off/ }).waitFor();
      const rows = await page.getByRole('row').count();
      await api.post('/v1/seats', {});
      await until('the event appears by itself', async () => (await page.getByRole('row').count()) > rows);
      await picture(page, 'events');
      await elsewhere(page, 'events');
      await page.getByLabel('Type of event').first().fill('webhook.tested');
      await page.getByRole('option', { name: 'webhook.tested' }).click();
      await until('one row is left', async () => (await page.getByRole('row').count()) === 2);
      await page.getByRole('row', { name: /webhook.tested/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('"kind": "webhook.tested"').waitFor();
      await picture(page, 'events-one');
      assert.deepEqual(await findings(page), []);
      await page.keyboard.press('Escape');
    });
  } finally {
    there.stop();
  }
}
