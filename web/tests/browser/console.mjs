// The operators' console by hand: support in a company, numbers from a file, what a call would find, the audit logs; every state of it
// without an accessibility finding, light and dark, in two languages, wide and narrow.
import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findings, operatorSignIn } from './looks.mjs';
import { launch, person, signIn } from './page.mjs';
import { client, operatorOf, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';
const PICTURES = process.env.PATCHBAY_PICTURES;
const EMAIL = 'iris@wren.example';
const FILE = (gateway) =>
  `number,gateway,gateway_port,kind,area,monthly\n+442079460011,${gateway},1,local,London,2.50\n+442079460012,${gateway},1,local,London,2.50\nhello,Nobody,1,fax,,-1\n`;

const button = (at, name) => at.getByRole('button', { name, exact: typeof name === 'string' }).first();

async function shot(page, name, found) {
  await page.waitForTimeout(400);
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  found.push(...(await findings(page)).map((finding) => `${name}: ${finding}`));
}

/** A company with something in its log. */
async function wren(server) {
  const open = client(server.url);
  const ask = { company: 'Wren Works', name: 'Iris Owner', email: EMAIL, password: PASSWORD, country: 'US' };
  const session = await open.post('/v1/sign-up', ask);
  const owner = open.as(session.access_token);
  const seat = await owner.post('/v1/seats', { label: 'Front desk' });
  await owner.patch(`/v1/seats/${seat.id}`, { label: 'Reception', member: session.me.member });
  await owner.post('/v1/api-keys', { name: 'Nightly report', scopes: ['calls:read'] });
  return owner;
}

/** Every state of the console, one after the other. */
async function tour(page, server, tag, shared) {
  const found = [];
  const go = async (path) => {
    await page.goto(`${server.url}${path}`);
    await page.locator('main h1, header h1').first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
  };
  await go('/operator/companies');
  await shot(page, `companies.${tag}`, found);
  await page.getByText('Wren Works').first().click();
  await page.getByRole('dialog').waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await shot(page, `company.${tag}`, found);
  await go('/operator/numbers');
  await page.locator('header button').filter({ hasText: shared.words.import }).click();
  await page.getByRole('dialog').waitFor();
  const buffer = Buffer.from(FILE(shared.gateway));
  await page.locator('input[type="file"]').setInputFiles({ name: 'block.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('dialog').locator('table').waitFor();
  await shot(page, `import.${tag}`, found);
  await go('/operator/match');
  await page.getByPlaceholder('192.0.2.7:5060').fill(shared.source);
  await page.getByPlaceholder('sip:+14155550100@sip.example.com').fill(`sip:${shared.number}@patchbay.local`);
  await page.locator('form button[type="submit"]').click();
  await page.locator('[aria-live="polite"] section').first().waitFor();
  await shot(page, `match.${tag}`, found);
  await go('/operator/jobs');
  await shot(page, `jobs.${tag}`, found);
  await go('/operator/audit');
  await shot(page, `operator-audit.${tag}`, found);
  return found;
}

async function companyTour(page, server, tag) {
  const found = [];
  await page.goto(`${server.url}/audit`);
  await page.locator('tbody tr').nth(2).waitFor();
  await shot(page, `audit.${tag}`, found);
  await page.locator('tbody tr').nth(1).locator('th').click();
  await page.getByRole('dialog').waitFor();
  await shot(page, `audit-line.${tag}`, found);
  return found;
}

const LOOKS = [
  { theme: 'light', language: 'en', width: 1440 },
  { theme: 'dark', language: 'en', width: 1440 },
  { theme: 'light', language: 'zh-Hans', width: 1440 },
  { theme: 'dark', language: 'zh-Hans', width: 390 },
  { theme: 'light', language: 'en', width: 390 },
];
const WORDS = { en: { import: 'Import' }, 'zh-Hans': { import: '导入' } };

export async function consoleOfOperators({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  try {
    const owner = await wren(server);
    const operator = await operatorOf(server);
    const gateways = await operator.get('/v1/operator/gateways');
    const trunk = gateways.find((one) => one.kind === 'sip') ?? gateways[0];
    const number = (await operator.get('/v1/operator/numbers?limit=1')).items[0].e164;
    const source = trunk.host ? `${trunk.host}:${trunk.udp_port ?? 5060}` : '127.0.0.1:5060';
    const shared = { gateway: gateways.find((one) => one.kind === 'trunk')?.label ?? trunk.label, source, number };
    for (const { theme, language, width } of LOOKS) {
      const tag = `${theme}.${language}.${width}`;
      await test(`console: every state is accessible: ${tag}`, async () => {
        const viewport = { width, height: 900 };
        const { context, page, foreign } = await person(browser, server.url, { colorScheme: theme, viewport });
        await context.addInitScript((chosen) => localStorage.setItem('patchbay.language', chosen), language);
        await page.goto(`${server.url}/operator/sign-in`);
        await operatorSignIn(page, server);
        const found = await tour(page, server, tag, { ...shared, words: WORDS[language] });
        await signIn(page, server.url, EMAIL, PASSWORD, '/desk');
        found.push(...(await companyTour(page, server, tag)));
        assert.deepEqual(found, []);
        assert.deepEqual(foreign, []);
        await context.close();
      }, 180_000);
    }
    await byHand({ test, server, browser, owner, operator, shared });
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function byHand({ test, server, browser, owner, operator, shared }) {
  const { page, errors, foreign } = await person(browser, server.url);
  await page.goto(`${server.url}/operator/sign-in`);
  await operatorSignIn(page, server);
  const sheet = page.getByRole('dialog');

  await test('console: an operator enters a company with a reason, sees the banner and leaves', async () => {
    await page.goto(`${server.url}/operator/companies`);
    await page.getByLabel('Name, realm or ID').fill('wren');
    await page.getByText('Wren Works').first().click();
    await button(sheet, 'Enter as Iris Owner').click();
    const asked = page.getByRole('dialog', { name: /See the company as/ });
    await button(asked, 'Enter').click();
    await asked.getByText('at least five characters').waitFor();
    await asked.getByLabel('Why').fill('Ticket 7: a number does not ring');
    await button(asked, 'Enter').click();
    const banner = page.getByRole('region', { name: 'Support' });
    await banner.getByText('You see Wren Works as Iris Owner.').waitFor();
    const found = [];
    await shot(page, 'support.light.en.1440', found);
    assert.deepEqual(found, []);
    await page.reload();
    await banner.getByText('Reason: Ticket 7: a number does not ring').waitFor();
    const lines = await owner.get('/v1/audit?action=support.');
    assert.deepEqual(
      lines.items.map((line) => [line.action, line.body.reason]),
      [['support.entered', 'Ticket 7: a number does not ring']],
    );
    await button(banner, 'End').click();
    await page.waitForURL(/\/operator\/companies/);
    assert.equal((await owner.get('/v1/audit?action=support.left')).items.length, 1);
    const other = await page.context().newPage();
    await other.goto(`${server.url}/desk`);
    await other.waitForURL(/sign-in/);
    await other.close();
  }, 150_000);

  await test('console: numbers come from a file, row by row, and go again', async () => {
    const before = (await operator.get('/v1/operator/overview')).numbers;
    await page.goto(`${server.url}/operator/numbers`);
    await button(page, 'Import').click();
    const buffer = Buffer.from(FILE(shared.gateway));
    await page.locator('input[type="file"]').setInputFiles({ name: 'block.csv', mimeType: 'text/csv', buffer });
    await sheet.getByText('2 of 3 rows can be taken in').waitFor();
    await sheet.getByText('Not a number with country code').waitFor();
    await button(sheet, 'Take 2 numbers in').click();
    await sheet.waitFor({ state: 'detached' });
    assert.equal((await operator.get('/v1/operator/overview')).numbers, before + 2);
    await button(page, 'Import').click();
    await button(sheet, 'Take out again').click();
    await page.getByText('Taken out again').first().waitFor();
    assert.equal((await operator.get('/v1/operator/overview')).numbers, before);
    await page.keyboard.press('Escape');
  });

  await test('console: a suspended company stays out, with a reason that it reads', async () => {
    await page.goto(`${server.url}/operator/companies`);
    await button(page, /^More for Wren Works/).click();
    await page.getByRole('menuitem', { name: 'Suspend' }).click();
    const asked = page.getByRole('alertdialog');
    await asked.getByLabel('Why').fill('Invoice 12 is not paid');
    await button(asked, 'Suspend').click();
    await asked.waitFor({ state: 'detached' });
    const refused = await fetch(`${server.url}/v1/sign-in`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
    });
    assert.deepEqual([refused.status, (await refused.json()).code], [403, 'company_suspended']);
    const [line] = (await owner.get('/v1/audit?action=company.suspended')).items;
    assert.equal(line.body.reason, 'Invoice 12 is not paid');
    await button(page, /^More for Wren Works/).click();
    await page.getByRole('menuitem', { name: 'Let in again' }).click();
    await button(page.getByRole('alertdialog'), 'Let in again').click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  });

  await test('console: the log is whole, and a line of it can be looked at', async () => {
    await page.goto(`${server.url}/operator/audit`);
    await button(page, 'Check').click();
    await page.getByText(/^The log is whole/).waitFor();
    await page.locator('tbody tr').first().locator('th').click();
    await sheet.getByText('Place in the log').waitFor();
    await page.keyboard.press('Escape');
    assert.deepEqual([foreign, errors], [[], []]);
  });
}
