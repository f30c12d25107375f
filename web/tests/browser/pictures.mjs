// Pictures of the product at work, for the documentation: PATCHBAY_PICTURES=folder node tests/browser/run.mjs pictures
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, person, phoneReady, signIn } from './page.mjs';
import { client, operatorOf, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';
const FOLDER = process.env.PATCHBAY_PICTURES;

// The numbers of the demonstration's three boxes.
const [ANALOG, TRUNK, WIRELESS] = ['+1212', '+1415', '+1646'];

const PEOPLE = [
  { company: 'Harbour Lights', name: 'Elena Marsh', line: TRUNK },
  { company: 'Northwind Travel', name: 'Tom Ferris', line: ANALOG },
  { company: 'Lark Lamps', name: 'Mei Chen', line: TRUNK },
  { company: 'Kite & Sons', name: 'Amir Haddad', line: WIRELESS },
];

/** An owner at a desk with a number of the wanted kind of line. */
async function agent(browser, server, { company, name, line }) {
  const email = `${name.toLowerCase().replace(' ', '.')}@${company.split(' ')[0].toLowerCase()}.example`;
  const open = client(server.url);
  const session = await open.post('/v1/sign-up', { company, name, email, password: PASSWORD, country: 'US' });
  const owner = open.as(session.access_token);
  const link = new URL(session.email_link, server.url);
  await open.post('/v1/email-check', { token: link.searchParams.get('token') });
  const shop = await owner.get('/v1/numbers/shop?limit=200');
  const number = shop.items.find((one) => one.e164.startsWith(line));
  await owner.post(`/v1/numbers/${number.id}/claim`);
  const seat = await owner.post('/v1/seats', { label: name, member: session.me.member });
  await owner.patch(`/v1/numbers/${number.id}`, { destination_kind: 'seat', destination_seat: seat.id });
  const someone = await person(browser, server.url);
  await signIn(someone.page, server.url, email, PASSWORD);
  await phoneReady(someone.page);
  return { ...someone, owner, number: number.e164 };
}

const talking = (page) => page.locator('[data-state="talking"]').first().waitFor({ timeout: 20_000 });

async function dial(page, number) {
  await page.locator('input[type="tel"]').fill(number);
  await page.locator('input[type="tel"]').press('Enter');
}

async function answered({ page, owner, number }, persona = 'echo') {
  await owner.post('/v1/lab/ring', { number, persona });
  await page.getByRole('button', { name: /^Answer/ }).click();
  await talking(page);
}

async function ended(page, ms = 0) {
  await page.waitForTimeout(ms);
  await page.getByRole('button', { name: /^(End|Cancel)/ }).click();
  await page.locator('[data-reason]').waitFor();
}

/** A morning's work, so that the lists are not empty. */
async function morning(elena) {
  const { page } = elena;
  await answered(elena);
  await ended(page, 4_000);
  await dial(page, '+12025550117');
  await page.locator('[data-reason="busy"]').waitFor();
  await dial(page, '+14155550123');
  await talking(page);
  await ended(page, 6_000);
  await elena.owner.post('/v1/lab/ring', { number: elena.number, persona: 'keys' });
  await page.getByRole('button', { name: /^Decline/ }).click();
  await page.locator('[data-reason]').waitFor();
  await dial(page, '+13125550143');
  await talking(page);
  await ended(page, 2_000);
}

const shot = (page, name) => page.screenshot({ path: join(FOLDER, `${name}.png`) });

export async function pictures({ test, wav }) {
  if (!FOLDER) return;
  mkdirSync(FOLDER, { recursive: true });
  await test('pictures of an agent in a call and of the gateways', async () => {
    const server = await startServer({ demo: true });
    const browser = await launch(wav);
    try {
      const agents = [];
      for (const one of PEOPLE) agents.push(await agent(browser, server, one));
      const [elena, tom, mei, amir] = agents;
      await morning(elena);
      await answered(tom);
      await dial(mei.page, '+13125550143');
      await talking(mei.page);
      await amir.owner.post('/v1/lab/ring', { number: amir.number, persona: 'echo' });
      await dial(elena.page, '+14155550143');
      await talking(elena.page);
      await elena.page.waitForTimeout(14_000);
      await shot(elena.page, 'desk');
      await elena.page.emulateMedia({ colorScheme: 'dark' });
      await elena.page.waitForTimeout(500);
      await shot(elena.page, 'desk-dark');
      await gateways(browser, server);
      await elena.page.emulateMedia({ colorScheme: 'light' });
      await ended(elena.page);
      await shot(elena.page, 'desk-after');
      await elena.page.getByRole('link', { name: 'What happened' }).click();
      await elena.page.waitForTimeout(1_500);
      await shot(elena.page, 'call');
      await elena.page.getByRole('link', { name: 'Calls', exact: true }).first().click();
      await elena.page.waitForTimeout(1_000);
      await shot(elena.page, 'calls');
      await answeredShot(amir.page);
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 240_000);
}

async function answeredShot(page) {
  await page.getByRole('button', { name: /^Answer/ }).waitFor();
  await shot(page, 'incoming');
}

async function gateways(browser, server) {
  await operatorOf(server);
  const { page } = await person(browser, server.url);
  await page.goto(`${server.url}/operator/sign-in`);
  await page.getByLabel('E-mail', { exact: true }).fill('operator@patchbay.local');
  await page.getByLabel('Password', { exact: true }).fill(server.operatorPassword());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page
    .getByRole('link', { name: /^Gateways/ })
    .first()
    .click();
  await page.waitForTimeout(3_000);
  await shot(page, 'gateway');
  await page.getByRole('link', { name: 'Falcon E1' }).click();
  await page.waitForTimeout(2_000);
  await shot(page, 'gateway-one');
}
