// The states of the operator's pages: the first password, racked gateways, a wizard to its end, companies and numbers.
import { newcomer, open, step } from './album-company.mjs';

const button = (page, name) => page.getByRole('button', { name }).first();

async function signedIn(server, page, shot) {
  await open(page, server, '/operator/sign-in');
  await shot(page, 'op-01-sign-in');
  await page.getByLabel('E-mail', { exact: true }).fill('operator@patchbay.local');
  await page.getByLabel('Password', { exact: true }).fill('wrong');
  await button(page, 'Sign in').click();
  await page.getByRole('alert').waitFor();
  await shot(page, 'op-02-sign-in-wrong');
  await page.getByLabel('Password', { exact: true }).fill(server.operatorPassword());
  await button(page, 'Sign in').click();
  await page.waitForTimeout(2_000);
  await shot(page, 'op-03-overview');
}

async function gateways(server, page, shot) {
  await open(page, server, '/operator/gateways');
  await page.waitForTimeout(1_500);
  await shot(page, 'op-10-gateways');
  const links = await page
    .locator('main a[href^="/operator/gateways/gw"]')
    .evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('href')))]);
  for (const [at, href] of links.entries()) {
    await open(page, server, href);
    await page.waitForTimeout(800);
    await shot(page, `op-11-gateway-${at + 1}`);
  }
  await step('test call', async () => {
    await open(page, server, links[0]);
    await page.locator('main button[aria-pressed]').first().click();
    await page.waitForTimeout(500);
    await shot(page, 'op-12-gateway-port');
    await button(page, /^(Test call|Make a test call|Test)/).click();
    await page.waitForTimeout(6_000);
    await shot(page, 'op-13-gateway-verdict');
    await page.getByRole('textbox').first().fill('+12025550117');
    await button(page, /^(Test call|Make a test call|Test)/).click();
    await page.waitForTimeout(5_000);
    await shot(page, 'op-14-gateway-verdict-bad');
  });
  await step('gateway menu', async () => {
    await button(page, /^(More|Change|Deeds)/).click({ timeout: 3_000 });
    await page.waitForTimeout(400);
    await shot(page, 'op-15-gateway-menu');
    await page.getByRole('menuitem').first().click();
    await page.waitForTimeout(600);
    await shot(page, 'op-16-gateway-edit');
    await page.keyboard.press('Escape');
  });
}

async function wizard(server, page, shot) {
  await open(page, server, '/operator/gateways/new');
  await button(page, 'Next').click();
  await page.waitForTimeout(300);
  await shot(page, 'op-20-rack-1-fault');
  await page.locator('fieldset label').first().click();
  await shot(page, 'op-21-rack-1');
  await button(page, 'Next').click();
  await button(page, 'Next').click();
  await page.waitForTimeout(300);
  await shot(page, 'op-22-rack-2-fault');
  await page.getByRole('combobox').first().click();
  await page.getByRole('option').first().click();
  await page
    .getByLabel(/^Name|^Label/)
    .first()
    .fill('Quay 2');
  await shot(page, 'op-23-rack-2');
  await button(page, 'Next').click();
  await page.waitForTimeout(300);
  await shot(page, 'op-24-rack-3');
  await page.locator('form button[type="submit"]').click();
  await page.waitForTimeout(1_500);
  await shot(page, 'op-25-rack-4');
  await step('a waiting gateway', async () => {
    await page.getByRole('link', { name: 'Go on to the lines' }).click({ timeout: 4_000 });
    await page.waitForTimeout(1_500);
    await shot(page, 'op-26-gateway-waiting');
  });
}

async function stock(server, page, shot) {
  await open(page, server, '/operator/numbers');
  await shot(page, 'op-30-numbers');
  await step('block', async () => {
    await button(page, /^Add numbers|^Add/).click();
    await page.waitForTimeout(500);
    await shot(page, 'op-31-numbers-new');
    await page.getByRole('dialog').locator('button[type="submit"]').click();
    await page.waitForTimeout(400);
    await shot(page, 'op-32-numbers-new-fault');
    await page.keyboard.press('Escape');
  });
  await open(page, server, '/operator/companies');
  await shot(page, 'op-33-companies');
  await step('limit', async () => {
    await button(page, /^More/).click();
    await page.waitForTimeout(300);
    await shot(page, 'op-34-company-menu');
    await page.getByRole('menuitem').first().click();
    await page.waitForTimeout(600);
    await shot(page, 'op-35-company');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(400);
    await button(page, /^More/).click();
    await page.getByRole('menuitem').last().click();
    await page.waitForTimeout(400);
    await shot(page, 'op-36-company-suspend');
  });
  await open(page, server, '/operator/system');
  await page.waitForTimeout(1_500);
  await shot(page, 'op-39-system');
  await open(page, server, '/operator/sites');
  await shot(page, 'op-37-sites');
  await step('site', async () => {
    await button(page, /^Add a site|^Add/).click();
    await page.waitForTimeout(400);
    await shot(page, 'op-38-site-new');
  });
  await open(page, server, '/operator/pending-links');
  await shot(page, 'op-39-links');
  await open(page, server, '/operator/settings');
  await shot(page, 'op-40-settings');
}

export async function operator({ server, shot, visit }) {
  for (const [company, name] of [
    ['Harbour Lights', 'Elena Marsh'],
    ['Northwind Travel', 'Tom Ferris'],
    ['Lark Lamps', 'Mei Chen'],
  ]) {
    const { owner, session } = await newcomer(server, company, name);
    const shop = await owner.get('/v1/numbers/shop?limit=200');
    await owner.post(`/v1/numbers/${shop.items[0].id}/claim`);
    await owner.post('/v1/seats', { label: name, member: session.me.member });
  }
  const { page, context } = await visit();
  await step('sign-in', () => signedIn(server, page, shot));
  await step('gateways', () => gateways(server, page, shot));
  await step('wizard', () => wizard(server, page, shot));
  await step('stock', () => stock(server, page, shot));
  await context.close();
}
