// The newcomer's road, by clicks and typing only; then what happens to a phone when tabs, servers and roles change.
import { strict as assert } from 'node:assert';
import { findings } from './looks.mjs';
import { hearsTone, launch, person, phoneReady, signIn } from './page.mjs';
import { client, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';

/** Counts what a person does. */
function hand(page) {
  const done = { clicks: 0, fields: 0 };
  return {
    done,
    async click(what) {
      done.clicks += 1;
      await what.click();
    },
    async type(label, text) {
      done.fields += 1;
      await page.getByLabel(label, { exact: true }).fill(text);
    },
    button: (name) => page.getByRole('button', { name }),
  };
}

const talking = (page) => page.locator('[data-state="talking"]').first().waitFor();

async function signUp(page, url, at) {
  await page.goto(`${url}/sign-up`);
  await at.type('Your name', 'Nora Newcomer');
  await at.type('Work e-mail', 'nora@lark.example');
  await at.type('Password', PASSWORD);
  await at.type('Company', 'Lark Lamps');
  await at.click(at.button('Create a company'));
  await at.click(page.getByRole('link', { name: 'Open the link' }));
  await at.click(page.getByRole('link', { name: 'Continue' }));
}

async function setUp(page, at) {
  await at.click(at.button('Use my microphone'));
  await page.getByText('We hear you well').waitFor();
  await at.click(at.button('My headset works'));
  const shop = page.getByRole('group', { name: 'Get a number' });
  await at.click(shop.locator('label').first());
  await at.click(at.button(/^Take \+1 .* a month$/));
  await at.click(at.button('Take extension 101'));
  await page.getByText('Your seat is extension 101').waitFor();
}

async function echo(page, at) {
  await at.click(page.getByRole('link', { name: 'Desk', exact: true }));
  await phoneReady(page);
  await at.click(at.button('Call the echo'));
  await talking(page);
  await hearsTone(page, 1000);
  assert.deepEqual(await findings(page), [], 'the desk in a call');
  await at.click(at.button(/^End/));
  await page.locator('[data-reason="hung_up_here"]').waitFor();
}

async function explained(page, at) {
  await at.click(page.getByRole('link', { name: 'What happened' }));
  const main = page.getByRole('main');
  await main
    .getByText(/hung up|ended the call/i)
    .first()
    .waitFor();
  assert.match(page.url(), /\/calls\/call_/);
  assert.deepEqual(await findings(page), [], 'the explanation of a call');
}

async function called(page, at) {
  await at.click(page.getByRole('link', { name: /Set up/ }));
  await at.click(at.button(/^Call yourself/));
  await at.click(at.button(/^Have someone call/));
  const card = page.getByRole('alertdialog');
  await card.waitFor();
  assert.deepEqual(await findings(page), [], 'an incoming call');
  await at.click(card.getByRole('button', { name: /^Answer/ }));
  await hearsTone(page, 1000);
  await at.click(page.getByRole('region', { name: 'Call' }).getByRole('button', { name: 'End' }));
}

function newcomer(test, stage) {
  test('a newcomer signs up, sets up, calls and is called by clicks alone', async () => {
    const { server, browser } = stage();
    const { page, context, foreign, errors } = await person(browser, server.url);
    const at = hand(page);
    await signUp(page, server.url, at);
    const confirmed = at.done.clicks;
    await setUp(page, at);
    await echo(page, at);
    const first = { ...at.done };
    await explained(page, at);
    await called(page, at);
    console.log(
      `        first call after ${first.clicks} clicks (${confirmed} to a confirmed account) and ${first.fields} fields; all of it ${at.done.clicks} clicks`,
    );
    assert.ok(first.clicks <= 12, `${first.clicks} clicks to the first call`);
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      errors.filter((one) => !one.includes('401')),
      [],
    );
    await context.close();
  }, 120_000);
}

/** A company with an owner on a seat and an agent, made over the API. */
async function company(server, name, { seat = true } = {}) {
  const email = `owner@${name}.example`;
  const open = client(server.url);
  const session = await open.post('/v1/sign-up', {
    company: name,
    name: 'Olga Owner',
    email,
    password: PASSWORD,
    country: 'US',
  });
  const owner = open.as(session.access_token);
  if (seat) await owner.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  return { owner, email };
}

function tabs(test, stage) {
  test('a second tab says where the phone is and takes it over', async () => {
    const { server, browser } = stage();
    const { email } = await company(server, 'tabs');
    const { page, context } = await person(browser, server.url);
    await signIn(page, server.url, email, PASSWORD);
    await phoneReady(page);
    const second = await context.newPage();
    await second.goto(`${server.url}/desk`);
    await second.locator('[data-phone="elsewhere"]').waitFor();
    await second.getByRole('button', { name: 'Use the phone here' }).click();
    await phoneReady(second);
    await page.locator('[data-phone="elsewhere"]').waitFor();
    await second.close();
    await phoneReady(page);
    await context.close();
  });

  test('a reload during a call asks first', async () => {
    const { server, browser } = stage();
    const { email } = await company(server, 'reload');
    const { page, context } = await person(browser, server.url);
    await signIn(page, server.url, email, PASSWORD);
    await phoneReady(page);
    const asked = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await page.getByRole('button', { name: 'Call the echo' }).click();
    await talking(page);
    await page.evaluate(() => location.reload());
    await page.waitForTimeout(500);
    assert.deepEqual(asked, ['beforeunload']);
    await hearsTone(page, 1000);
    await page.getByRole('button', { name: /^End/ }).click();
    await page.locator('[data-reason="hung_up_here"]').waitFor();
    await page.reload();
    assert.deepEqual(asked, ['beforeunload'], 'without a call nobody is asked');
    await context.close();
  });
}

function roles(test, stage) {
  test('a person without a seat is shown the way to one', async () => {
    const { server, browser } = stage();
    const { email } = await company(server, 'seatless', { seat: false });
    const { page, context } = await person(browser, server.url);
    await signIn(page, server.url, email, PASSWORD);
    await page.getByText('You have no seat yet').waitFor();
    await page.getByRole('link', { name: 'Add a seat' }).click();
    await page.waitForURL(/\/team\?tab=seats/);
    await context.close();
  });

  test('an agent sees no pages of the administration', async () => {
    const { server, browser } = stage();
    const { owner } = await company(server, 'roles');
    const email = 'ann@roles.example';
    const invited = await owner.post('/v1/invitations', { email, role: 'agent' });
    const { page, context } = await person(browser, server.url);
    const link = new URL(invited.link, server.url);
    await page.goto(`${server.url}${link.pathname}${link.search}`);
    await page.getByLabel('Your name', { exact: true }).fill('Ann Agent');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: /^Join/ }).click();
    await page.waitForURL(/\/desk/);
    const places = await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').allInnerTexts();
    assert.deepEqual(places, ['Desk', 'Calls', 'Voicemail', 'Call-backs', 'Settings']);
    for (const path of ['/numbers', '/gateway-ports', '/team', '/team?tab=invitations', '/set-up']) {
      await page.goto(`${server.url}${path}`);
      await page.getByRole('heading', { name: 'This page is not part of your role' }).waitFor();
      assert.equal(await page.getByRole('alert').count(), 0, `${path} shows no error`);
      const writes = page.getByRole('button', { name: /Get a number|Rent|Invite|Add a seat|Take/ });
      assert.equal(await writes.count(), 0, `${path} offers an agent nothing to change`);
    }
    await page.getByRole('link', { name: 'Go to your desk' }).click();
    await page.waitForURL(/\/desk/);
    await context.close();
  });

  test('a supervisor looks at everything and changes nothing', async () => {
    const { server, browser } = stage();
    const { owner } = await company(server, 'watch');
    const email = 'sam@watch.example';
    const invited = await owner.post('/v1/invitations', { email, role: 'supervisor' });
    const { page, context, errors } = await person(browser, server.url);
    const link = new URL(invited.link, server.url);
    await page.goto(`${server.url}${link.pathname}${link.search}`);
    await page.getByLabel('Your name', { exact: true }).fill('Sam Watch');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: /^Join/ }).click();
    await page.waitForURL(/\/desk/);
    const nav = page.getByRole('navigation', { name: 'Main' }).first();
    const places = await nav.getByRole('link').evaluateAll((links) => links.map((one) => one.getAttribute('href')));
    const seen = [
      '/desk',
      '/calls',
      '/voicemail',
      '/callbacks',
      '/surveys',
      '/flows',
      '/numbers',
      '/gateway-ports',
      '/prompts',
      '/queues',
      '/team',
    ];
    seen.push('/developers/events', '/settings');
    assert.deepEqual(places, seen);
    for (const path of [...places, '/team?tab=seats', '/team?tab=invitations', '/settings?tab=company']) {
      await page.goto(`${server.url}${path}`);
      await page.locator('main').waitFor();
      await page.waitForTimeout(800);
      assert.equal(await page.getByRole('alert').count(), 0, `${path} shows no error`);
      assert.equal(
        await page.locator('main [aria-busy="true"], main .animate-skeleton').count(),
        0,
        `${path} is loaded`,
      );
      const writes = page.getByRole('button', { name: /Get a number|^Rent|Invite|Add a seat|Add phone|Give .* back/ });
      assert.equal(await writes.count(), 0, `${path} offers a supervisor nothing to change`);
    }
    assert.deepEqual(
      errors.filter((one) => !one.includes('401')),
      [],
    );
    await context.close();
  });
}

function restart(test, stage) {
  test('the phone is ready again after the server was killed and started anew', async () => {
    const { server, browser } = stage();
    const { email } = await company(server, 'restart');
    const { page, context } = await person(browser, server.url);
    await signIn(page, server.url, email, PASSWORD);
    await phoneReady(page);
    await server.kill();
    await page.locator('[data-phone="reconnecting"]').waitFor();
    await server.restart();
    await page.locator('[data-phone="ready"]').first().waitFor({ timeout: 45_000 });
    await page.getByRole('button', { name: 'Call the echo' }).click();
    await talking(page);
    await hearsTone(page, 1000);
    await context.close();
  }, 120_000);
}

export async function journey({ test, wav }) {
  const queue = [];
  const later = (...one) => queue.push(one);
  let made;
  for (const part of [newcomer, tabs, roles, restart]) part(later, () => made);
  made = { server: await startServer({ demo: true }), browser: await launch(wav) };
  try {
    for (const one of queue) await test(...one);
  } finally {
    await made.browser.close();
    await made.server.stop();
  }
}
