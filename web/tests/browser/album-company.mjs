// The states of a company's pages, from the front door to a busy morning.
import { phoneReady, signIn } from './page.mjs';
import { client } from './server.mjs';

const PASSWORD = 'correct horse 42';

const talking = (page) => page.locator('[data-state="talking"]').first().waitFor({ timeout: 20_000 });
const button = (page, name) => page.getByRole('button', { name }).first();

/** Opens a page and waits until it stopped asking. */
export async function open(page, server, path) {
  await page.goto(`${server.url}${path}`);
  await page.locator('main, form, h1').first().waitFor();
  await page.waitForTimeout(900);
}

/** A step that fails is told and passed over: the rest of the album is still worth having. */
export async function step(name, body) {
  try {
    await body();
  } catch (why) {
    console.log(`        missed ${name}: ${String(why.message ?? why).split('\n')[0]}`);
  }
}

export async function outside({ server, shot, visit }) {
  const { page, context } = await visit();
  await open(page, server, '/sign-in');
  await shot(page, 'out-01-sign-in');
  await button(page, 'Sign in').click();
  await shot(page, 'out-02-sign-in-empty');
  await page.getByLabel('E-mail', { exact: true }).fill('nobody@lark.example');
  await page.getByLabel('Password', { exact: true }).fill('not it at all');
  await button(page, 'Sign in').click();
  await page.getByRole('alert').waitFor();
  await shot(page, 'out-03-sign-in-wrong');
  await open(page, server, '/sign-up');
  await shot(page, 'out-04-sign-up');
  await button(page, 'Create a company').click();
  await shot(page, 'out-05-sign-up-empty');
  await open(page, server, '/verify-email?token=wrong');
  await page.waitForTimeout(1_000);
  await shot(page, 'out-06-verify-wrong');
  await open(page, server, '/join?token=wrong');
  await page.waitForTimeout(1_500);
  await shot(page, 'out-07-join-wrong');
  await open(page, server, '/nowhere');
  await shot(page, 'out-08-nowhere');
  await context.close();
}

/** A company whose owner has just signed up. */
export async function newcomer(server, company = 'Harbour Lights', name = 'Elena Marsh') {
  const email = `${name.toLowerCase().replace(' ', '.')}@${company.split(' ')[0].toLowerCase()}.example`;
  const out = client(server.url);
  const session = await out.post('/v1/sign-up', { company, name, email, password: PASSWORD, country: 'US' });
  return { email, session, owner: out.as(session.access_token), link: new URL(session.email_link, server.url) };
}

/** The checklist, step by step, by clicks. */
async function checklist({ server, page, shot, link }) {
  await open(page, server, '/set-up');
  await shot(page, 'own-01-set-up-first');
  for (const name of ['Try your headset', 'Take a number', 'Get your seat', 'Call yourself', 'Invite'])
    await step(`set-up ${name}`, async () => {
      await page.locator('ol button', { hasText: name }).first().click({ timeout: 4_000 });
      await page.waitForTimeout(700);
      await shot(page, `own-02-set-up-${name.toLowerCase().replaceAll(' ', '-')}`);
    });
  await step('desk without a seat', async () => {
    for (const [path, name] of [
      ['/desk', 'desk-no-seat'],
      ['/calls', 'calls-empty'],
      ['/numbers', 'numbers-empty'],
      ['/gateway-ports', 'gateway-ports-empty'],
      ['/team?tab=seats', 'seats-empty'],
      ['/team?tab=invitations', 'invitations-empty'],
    ]) {
      await open(page, server, path);
      await shot(page, `own-03-${name}`);
    }
  });
  await open(page, server, `${link.pathname}${link.search}`);
  await page.waitForTimeout(1_000);
  await shot(page, 'own-04-verified');
  await open(page, server, '/set-up');
  await step('microphone', async () => {
    await button(page, 'Use my microphone').click();
    await page.getByText('We hear you well').waitFor();
    await shot(page, 'own-05-set-up-microphone');
    await button(page, 'My headset works').click();
    await page.waitForTimeout(2_200);
    const shop = page.getByRole('group', { name: 'Get a number' });
    await shop.locator('label').first().click();
    await shot(page, 'own-06-set-up-number-picked');
    await button(page, /^Take \+1 .* a month$/).click();
    await button(page, 'Take extension 101').waitFor();
    await button(page, 'Take extension 101').click();
    await page.getByText('Your seat is extension 101').waitFor();
    await shot(page, 'own-07-set-up-seat-taken');
    await page.waitForTimeout(2_000);
    await button(page, /^Call yourself|^Call the echo/).waitFor();
    await page.waitForTimeout(1_500);
    await button(page, /^Call \*43|^Call the echo|^Call/).click();
    await talking(page).catch(() => undefined);
    await page.waitForTimeout(2_500);
    await shot(page, 'own-08-set-up-test-call');
  });
}

async function ended(page, ms = 0) {
  await page.waitForTimeout(ms);
  await button(page, /^(End|Cancel)/).click();
  await page.locator('[data-reason]').waitFor();
}

async function dial(page, number) {
  await page.locator('input[type="tel"]').fill(number);
  await page.locator('input[type="tel"]').press('Enter');
}

/** The phone through all that can happen to it. */
async function phone({ server, page, shot, owner: api, number }) {
  await open(page, server, '/desk');
  await phoneReady(page);
  await shot(page, 'own-10-desk-idle');
  await page.locator('input[type="tel"]').fill('+1 415 555');
  await shot(page, 'own-11-desk-typing');
  await page.locator('input[type="tel"]').fill('');
  await dial(page, '+13125550143');
  await page.waitForTimeout(600);
  await shot(page, 'own-13-desk-calling');
  await talking(page).catch(() => undefined);
  await page.waitForTimeout(4_000);
  await shot(page, 'own-14-desk-talking');
  await step('keypad', async () => {
    await button(page, /^Keypad/).click({ timeout: 3_000 });
    await page.waitForTimeout(400);
    await shot(page, 'own-15-desk-keypad');
    await button(page, /^Keypad/).click({ timeout: 3_000 });
  });
  await step('mute', async () => {
    await button(page, /^Mute/).click({ timeout: 3_000 });
    await page.locator('[data-state="muted"]').waitFor();
    await shot(page, 'own-16-desk-muted');
    await button(page, /^Unmute|^Mute/).click();
  });
  await step('hold', async () => {
    await button(page, /^Hold/).click({ timeout: 3_000 });
    await page.waitForTimeout(1_500);
    await shot(page, 'own-17-desk-hold');
    await page.getByRole('link', { name: 'Calls', exact: true }).first().click();
    await page.waitForTimeout(900);
    await shot(page, 'own-18-dock-hold');
    await page.getByRole('link', { name: 'Desk', exact: true }).first().click();
    await button(page, /^Resume|^Hold/).click();
    await page.waitForTimeout(600);
  });
  await ended(page);
  await shot(page, 'own-19-desk-ended');
  await step('busy', async () => {
    await dial(page, '+12025550117');
    await page.locator('[data-reason="busy"]').waitFor();
    await shot(page, 'own-20-desk-busy');
  });
  await step('ringing', async () => {
    await api.post('/v1/lab/ring', { number, persona: 'echo' });
    await button(page, /^Answer/).waitFor();
    await shot(page, 'own-21-desk-ringing');
    await page.getByRole('link', { name: 'Numbers', exact: true }).first().click();
    await page.waitForTimeout(700);
    await shot(page, 'own-22-ringing-elsewhere');
    await button(page, /^Decline/).click();
  });
  await step('answered', async () => {
    await open(page, server, '/desk');
    await phoneReady(page);
    await api.post('/v1/lab/ring', { number, persona: 'echo' });
    await button(page, /^Answer/).click();
    await talking(page);
    await ended(page, 3_000);
  });
}

/** Lists with something in them, and what opens from them. */
async function filled({ server, page, shot }) {
  await open(page, server, '/calls');
  await shot(page, 'own-30-calls');
  await step('call', async () => {
    await page.locator('main a[href^="/calls/"]:not([href$="causes"]):visible').first().click();
    await page.waitForTimeout(1_500);
    await shot(page, 'own-31-call');
  });
  await step('ladder', async () => {
    await button(page, 'Show the SIP messages').click();
    await page.locator('main button[aria-pressed]').first().click();
    await page.locator('main button[aria-pressed=true]').first().scrollIntoViewIfNeeded();
    await shot(page, 'own-31-ladder');
  });
  await open(page, server, '/calls/causes');
  await shot(page, 'own-31-causes');
  await open(page, server, '/numbers');
  await shot(page, 'own-32-numbers');
  await step('number', async () => {
    await page.locator('tbody tr').first().click();
    await page.waitForTimeout(800);
    await shot(page, 'own-33-number');
    await page.keyboard.press('Escape');
    await button(page, /^More/).click({ timeout: 3_000 });
    await page.waitForTimeout(300);
    await shot(page, 'own-34-number-menu');
    await page
      .getByRole('menuitem', { name: /Release|Give/ })
      .first()
      .click({ timeout: 3_000 });
    await page.waitForTimeout(500);
    await shot(page, 'own-35-number-release');
  });
  await open(page, server, '/numbers?shop=1');
  await step('shop', async () => {
    await page.locator('aside label').first().click();
    await page.waitForTimeout(500);
    await shot(page, 'own-36-numbers-shop');
    await page.locator('[role="dialog"] input[type="search"]').last().fill('9999999');
    await page.waitForTimeout(900);
    await shot(page, 'own-37-numbers-shop-none');
  });
  await open(page, server, '/gateway-ports');
  await step('rent', async () => {
    await button(page, 'Rent').click();
    await page.waitForTimeout(500);
    await shot(page, 'own-38-gateway-port-rent');
    await button(page, /^Rent for|^Rent .*month/).click({ timeout: 3_000 });
    await page.waitForTimeout(900);
    await shot(page, 'own-39-gateway-ports');
  });
}

async function team({ server, page, shot }) {
  await open(page, server, '/team');
  await shot(page, 'own-40-team');
  await step('invite', async () => {
    await button(page, /^Invite/).click();
    await page.waitForTimeout(500);
    await shot(page, 'own-41-team-invite');
    await page.getByRole('dialog').getByRole('textbox').first().fill('mei@harbour.example');
    await page.getByRole('dialog').locator('button[type="submit"]').click();
    await page.waitForTimeout(900);
    await shot(page, 'own-42-team-invited');
  });
  await open(page, server, '/team?tab=invitations');
  await shot(page, 'own-43-invitations');
  await open(page, server, '/team?tab=seats');
  await shot(page, 'own-44-seats');
  await step('seat form', async () => {
    await button(page, /^Add a seat/).click();
    await page.waitForTimeout(500);
    await shot(page, 'own-45-seat-new');
    await page.keyboard.press('Escape');
  });
  await step('seat', async () => {
    await page.locator('tbody tr').first().click();
    await page.waitForTimeout(900);
    await shot(page, 'own-46-seat');
    await page.getByRole('dialog').getByRole('textbox').last().fill('Reception');
    await shot(page, 'own-47-seat-device-new');
    await page.getByRole('dialog').getByRole('button', { name: 'Add phone' }).click();
    await page.waitForTimeout(900);
    await shot(page, 'own-48-credentials');
  });
}

async function rest({ server, page, shot }) {
  await open(page, server, '/settings');
  await shot(page, 'own-50-settings');
  await open(page, server, '/settings?tab=company');
  await shot(page, 'own-51-company');
  await step('palette', async () => {
    await page.keyboard.press('Control+k');
    await page.waitForTimeout(500);
    await shot(page, 'own-52-palette');
    await page.keyboard.press('Escape');
    await button(page, 'Account').click({ timeout: 3_000 });
    await page.waitForTimeout(300);
    await shot(page, 'own-53-account');
  });
  await open(page, server, '/set-up');
  await shot(page, 'own-54-set-up-later');
  await open(page, server, '/calls/call_01JZZZZZZZZZZZZZZZZZZZZZZZ');
  await shot(page, 'own-55-call-unknown');
}

export async function owner({ server, shot, visit }) {
  const { email, session, owner: api, link } = await newcomer(server);
  const { page, context } = await visit();
  await signIn(page, server.url, email, PASSWORD, '/set-up');
  await step('checklist', () => checklist({ server, page, shot, link }));
  let [number] = (await api.get('/v1/numbers')).items;
  const seats = await api.get('/v1/seats');
  const seat = seats[0] ?? (await api.post('/v1/seats', { label: 'Elena Marsh', member: session.me.member }));
  if (!number) {
    const shop = await api.get('/v1/numbers/shop?limit=200');
    number = await api.post(`/v1/numbers/${shop.items[0].id}/claim`);
  }
  await api.patch(`/v1/numbers/${number.id}`, { destination_kind: 'seat', destination_seat: seat.id });
  await step('phone', () => phone({ server, page, shot, owner: api, number: number.e164 }));
  await step('filled', () => filled({ server, page, shot }));
  await step('team', () => team({ server, page, shot }));
  await step('rest', () => rest({ server, page, shot }));
  await context.close();
}

const PLACES = ['/', '/set-up', '/desk', '/calls', '/numbers', '/numbers?shop=1', '/gateway-ports', '/team'];
const PLACES_TOO = ['/team?tab=seats', '/team?tab=invitations', '/settings', '/settings?tab=company'];

/** What people without the owner's rights see, page by page. */
export async function roles({ server, shot, visit }) {
  const { session, owner: api } = await newcomer(server, 'Wren Works', 'Iris Owen');
  await api.post('/v1/seats', { label: 'Iris Owen', member: session.me.member });
  for (const role of ['agent', 'supervisor', 'admin'])
    await step(role, async () => {
      const invited = await api.post('/v1/invitations', { email: `${role}@wren.example`, role });
      const { page, context } = await visit();
      const link = new URL(invited.link, server.url);
      await open(page, server, `${link.pathname}${link.search}`);
      if (role === 'agent') await shot(page, 'role-00-join');
      await page.getByLabel('Your name', { exact: true }).fill('Ann Reed');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: /^Join/ }).click();
      await page.waitForURL(/\/(desk|set-up)/);
      for (const path of [...PLACES, ...PLACES_TOO]) {
        await open(page, server, path);
        const name = path.replace(/^\//, '').replace(/[/?=]/g, '-') || 'home';
        await shot(page, `role-${role}-${name}`);
      }
      await context.close();
    });
}
