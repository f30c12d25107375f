// Small screens and keyboards: nothing scrolls sideways at 320 px, and the phone is worked without a mouse.
import { strict as assert } from 'node:assert';
import { findings, OPERATOR, operatorSignIn } from './looks.mjs';
import { hearsTone, launch, person, phoneReady, signIn } from './page.mjs';
import { client, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';
const NARROW = ['/sign-in', '/sign-up', '/set-up', '/desk', '/calls', '/numbers', '/numbers?shop=1', '/gateway-ports'];
const NARROW_TOO = ['/team', '/team?tab=seats', '/settings', '/settings?tab=company'];

/** Widths beyond the window, of the page or of its scrolling part; tables scroll in boxes of their own. */
const overhang = (page) =>
  page.evaluate(() => {
    const parts = [document.documentElement, document.getElementById('page-scroll')].filter(Boolean);
    return Math.max(...parts.map((part) => part.scrollWidth - part.clientWidth));
  });

/** What has the focus, and whether one sees it. */
const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const mark = at.closest('label') ?? at;
    const drawn = [at, mark].some((one) => {
      const style = getComputedStyle(one);
      return style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2;
    });
    const box = at.getBoundingClientRect();
    return {
      name: (at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent ?? '').trim(),
      body: at === document.body,
      drawn,
      inside: box.bottom > 0 && box.top < innerHeight,
    };
  });

/** Tabs until this has the focus; every stop on the way must be seen. */
async function tabTo(page, name, most = 40) {
  const passed = [];
  for (let at = 0; at < most; at += 1) {
    await page.keyboard.press('Tab');
    await page.waitForTimeout(200);
    const now = await focused(page);
    if (now.body) continue;
    assert.ok(now.drawn, `the focus on "${now.name}" is not drawn`);
    assert.ok(now.inside, `the focus on "${now.name}" is out of sight`);
    if (name.test(now.name)) return;
    passed.push(now.name);
  }
  assert.fail(`never reached ${name}; passed ${passed.join(' | ')}`);
}

async function company(server, name) {
  const email = `owner@${name}.example`;
  const open = client(server.url);
  const ask = { company: name, name: 'Olga Owner', email, password: PASSWORD, country: 'US' };
  const session = await open.post('/v1/sign-up', ask);
  return { email, owner: open.as(session.access_token), member: session.me.member };
}

function narrow(test, stage) {
  test('nothing scrolls sideways at 320 px', async () => {
    const { server, browser } = stage();
    const { email, owner, member } = await company(server, 'narrow');
    await owner.post('/v1/seats', { label: 'Front desk', member });
    const { page, context } = await person(browser, server.url, { viewport: { width: 320, height: 640 } });
    const wide = [];
    const look = async (path) => {
      await page.goto(`${server.url}${path}`);
      await page.locator('main, form').first().waitFor();
      await page.waitForTimeout(400);
      const over = await overhang(page);
      if (over > 0) wide.push(`${path}: ${over} px`);
    };
    for (const path of NARROW.slice(0, 2)) await look(path);
    await signIn(page, server.url, email, PASSWORD);
    for (const path of [...NARROW.slice(2), ...NARROW_TOO]) await look(path);
    assert.deepEqual(wide, []);
    await page.goto(`${server.url}/desk`);
    await phoneReady(page);
    await page.getByRole('button', { name: 'Call the echo' }).click();
    await page.locator('[data-state="talking"]').first().waitFor();
    assert.equal(await overhang(page), 0, 'in a call');
    await context.close();
  }, 90_000);
}

function keys(test, stage) {
  test('sign-in, set-up and a call are worked by keyboard alone, the focus always in sight', async () => {
    const { server, browser } = stage();
    const { email } = await company(server, 'keys');
    const { page, context } = await person(browser, server.url);
    await page.goto(`${server.url}/sign-in`);
    await page.locator('form').waitFor();
    await tabTo(page, /^E-mail/);
    await page.keyboard.type(email);
    await tabTo(page, /^Password/);
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(/set-up/);
    await page.getByRole('heading', { name: /^Hello/ }).waitFor();
    await tabTo(page, /^Get your seat/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Take extension 101/);
    await page.keyboard.press('Enter');
    await page.getByText('Your seat is extension 101').waitFor();
    await page.goto(`${server.url}/desk`);
    await phoneReady(page);
    await tabTo(page, /^Number$|Number or extension|^Phone number/i);
    await page.keyboard.type('*43');
    await page.keyboard.press('Enter');
    await page.locator('[data-state="talking"]').first().waitFor();
    await hearsTone(page, 1000);
    await tabTo(page, /^Mute/);
    await page.keyboard.press('Enter');
    await page.locator('[data-state="muted"]').waitFor();
    await page.keyboard.press('m');
    await page.locator('[data-state="talking"]').first().waitFor();
    await tabTo(page, /^End/);
    await page.keyboard.press('Enter');
    await page.locator('[data-reason="hung_up_here"]').waitFor();
    await context.close();
  }, 120_000);
}

const OPERATOR_TOO = ['/operator/settings', '/operator/sign-in'];

/** Every page of the operator, with that of one gateway of each kind. */
async function operatorPages(page, server) {
  await page.goto(`${server.url}/operator/gateways`);
  const gateways = page.locator('main a[href^="/operator/gateways/gw"]');
  await gateways.first().waitFor();
  const found = await gateways.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.ok(new Set(found).size >= 3, 'the demonstration has a box of each kind');
  return [...OPERATOR, ...OPERATOR_TOO, ...new Set(found)];
}

function operatorNarrow(test, stage) {
  test('the operator works at 320 px: nothing scrolls sideways, axe has nothing to say', async () => {
    const { server, browser } = stage();
    const { page, context } = await person(browser, server.url, { viewport: { width: 320, height: 640 } });
    await page.goto(`${server.url}/operator/sign-in`);
    await operatorSignIn(page, server);
    const wrong = [];
    for (const path of await operatorPages(page, server)) {
      await page.goto(`${server.url}${path}`);
      await page.locator('main, form').first().waitFor();
      await page.waitForTimeout(700);
      const over = await overhang(page);
      if (over > 0) wrong.push(`${path}: ${over} px`);
      for (const finding of await findings(page)) wrong.push(`${path}: ${finding}`);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  }, 120_000);
}

function operatorKeys(test, stage) {
  test('the operator signs in, tests a gateway port and racks a gateway by keyboard alone', async () => {
    const { server, browser } = stage();
    const { page, context } = await person(browser, server.url);
    const key = (name) => page.keyboard.press(name);
    await page.goto(`${server.url}/operator/sign-in`);
    await page.locator('form').waitFor();
    await tabTo(page, /^E-mail/);
    await page.keyboard.type('operator@patchbay.local');
    await tabTo(page, /^Password/);
    await page.keyboard.type(server.operatorPassword());
    await key('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await tabTo(page, /^Gateways/);
    await key('Enter');
    await page.getByRole('heading', { name: 'Gateways' }).waitFor();
    await page.getByRole('link', { name: 'Falcon E1' }).waitFor();
    await tabTo(page, /^Falcon E1$/);
    await key('Enter');
    await page.getByRole('complementary', { name: 'Span 1' }).waitFor();
    await tabTo(page, /^Test call$/);
    await key('Enter');
    await page.getByText('Everything works').waitFor({ timeout: 20_000 });
    await page.goto(`${server.url}/operator/gateways/new`);
    await page.getByRole('group', { name: 'Which box is it?' }).waitFor();
    await tabTo(page, /^Analog gateway|^E1 gateway|^SIP trunk|^GSM gateway|^Kestrel|^Falcon|^Wren|^T1/);
    await key('Space');
    await tabTo(page, /^Next$/);
    await key('Enter');
    await tabTo(page, /^(Site|Choose a site)$/);
    await key('Enter');
    await page.getByRole('option').first().waitFor();
    await key('ArrowDown');
    await key('Enter');
    await tabTo(page, /^Name/);
    await page.keyboard.type('Quay 9');
    await key('Enter');
    await page.getByRole('group', { name: 'How do we find each other?' }).waitFor();
    await tabTo(page, /^Rack it$/);
    await key('Enter');
    await page.getByText('The passwords are shown only now').waitFor();
    await context.close();
  }, 120_000);
}

function polite(test, stage) {
  test('the operator’s pages ask again while they are seen, and are silent while hidden', async () => {
    const { server, browser } = stage();
    const { page, context } = await person(browser, server.url);
    await page.goto(`${server.url}/operator/sign-in`);
    await operatorSignIn(page, server);
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/v1/operator/')) asked += 1;
    });
    const during = async (ms) => {
      const before = asked;
      await page.waitForTimeout(ms);
      return asked - before;
    };
    const seen = (state) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      }, state);
    await page.goto(`${server.url}/operator/gateways`);
    await page.getByRole('link', { name: 'Falcon E1' }).waitFor();
    assert.ok((await during(7_000)) >= 2, 'while seen it asks again');
    await seen('hidden');
    await page.waitForTimeout(500);
    assert.equal(await during(7_000), 0, 'while hidden it is silent');
    await seen('visible');
    assert.ok((await during(5_000)) >= 1, 'seen again, it asks again');
    await context.close();
  }, 60_000);
}

export async function reach({ test, wav }) {
  const queue = [];
  let made;
  for (const part of [narrow, keys, operatorNarrow, operatorKeys, polite])
    part(
      (...one) => queue.push(one),
      () => made,
    );
  made = { server: await startServer({ demo: true }), browser: await launch(wav) };
  try {
    for (const one of queue) await test(...one);
  } finally {
    await made.browser.close();
    await made.server.stop();
  }
}
