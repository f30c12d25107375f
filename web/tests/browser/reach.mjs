// Small screens and keyboards: nothing scrolls sideways at 320 px, and the phone is worked without a mouse.
import { strict as assert } from 'node:assert';
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

export async function reach({ test, wav }) {
  const queue = [];
  let made;
  for (const part of [narrow, keys])
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
