// What call tests stand on: a server, a gateway by address with a far end behind it, a company with a number and a seat.
import { strict as assert } from 'node:assert';
import { startFar } from './far.mjs';
import { hearsTone, isFirefox, launch, person, phoneReady, signIn } from './page.mjs';
import { client, freePort, operatorOf, startServer, until } from './server.mjs';

const PASSWORD = 'correct horse 42';
export const CUSTOMER = '+14155550177';
export const NUMBER = '+14155550100';
const free = { micros: 0, currency: 'USD' };

/** A gateway with one gateway port at this UDP port of ours, and a number on it for rent. */
export async function rack(operator, udpPort, { simulated = false, first = NUMBER } = {}) {
  const site = await operator.post('/v1/operator/sites', { name: 'Rack 1', country: 'US' });
  const racked = await operator.post('/v1/operator/gateways', {
    site: site.id,
    label: simulated ? 'Simulated' : 'Far end',
    profile: 'generic_sip_trunk',
    connection: 'ip_peer',
    gateway_ports: 1,
    channels: 10,
    host: '127.0.0.1',
    udp_port: udpPort,
    transport: 'udp',
    monthly: free,
    rental: 'shared',
    simulated,
  });
  const [number] = await operator.post('/v1/operator/numbers', {
    first,
    count: 1,
    gateway_port: racked.gateway.gateway_ports[0].id,
    kind: 'local',
    monthly: { micros: 1_000_000, currency: 'USD' },
  });
  return number;
}

/** A company whose owner sits on its one seat; `verify` follows the link that the operator hands on. */
export async function company(server, operator, number, { verify = true } = {}) {
  const email = 'olive@kestrel.example';
  const open = client(server.url);
  const session = await open.post('/v1/sign-up', {
    company: 'Kestrel',
    name: 'Olive Owner',
    email,
    password: PASSWORD,
    country: 'US',
  });
  const confirm = async () => {
    const links = await operator.get('/v1/operator/pending-links');
    const { link } = links.find((one) => one.kind === 'email_check' && one.email === email);
    await open.post('/v1/email-check', { token: new URL(link, server.url).searchParams.get('token') });
  };
  if (verify) await confirm();
  const owner = open.as(session.access_token);
  await owner.post(`/v1/numbers/${number.id}/claim`);
  const seat = await owner.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  await owner.patch(`/v1/seats/${seat.id}`, { displayed_numbers: [number.id] });
  await owner.patch(`/v1/numbers/${number.id}`, { destination_kind: 'seat', destination_seat: seat.id });
  return { owner, email, confirm };
}

/** All of it. `media` is the address for audio where it is not loopback; `database` is the address of an empty PostgreSQL database; without one the server has SQLite. */
export async function stage({ database = null, verify = true, media = null } = {}) {
  const server = await startServer({ database, media });
  try {
    const farPort = await freePort();
    const far = await startFar(farPort);
    const operator = await operatorOf(server);
    const number = await rack(operator, farPort);
    const { owner, email, confirm } = await company(server, operator, number, { verify });
    return {
      server,
      far,
      owner,
      email,
      confirm,
      number: NUMBER,
      async stop() {
        far.stop();
        await server.stop();
      },
    };
  } catch (why) {
    await server.stop();
    throw why;
  }
}

/**
 * Runs tests on one stage with one browser: `fill(later, current)` names them, `later(name, body)` as they come.
 * `start` starts another browser than Chromium. `wanted` keeps a stage from being built for tests that nobody asked for.
 */
export async function play({ test, wav }, { plain = false, start = null, ...how }, fill) {
  const queue = [];
  const current = {};
  fill((name, body, ms = 90_000) => queue.push([name, body, ms]), current);
  if (!queue.some(([name]) => test.wants(name))) return;
  current.scene = await stage(how);
  try {
    current.browser = await (start ? start() : launch(wav, { plain }));
    for (const one of queue) await test(...one);
  } finally {
    await current.browser?.close();
    await current.scene.stop();
  }
}

/** The agent, signed in, with the phone ready. */
export async function agent({ browser, scene }, options = {}) {
  const someone = await person(browser, scene.server.url, options);
  await signIn(someone.page, scene.server.url, scene.email, PASSWORD);
  await phoneReady(someone.page);
  return someone;
}

export const stateIs = (page, state, ms = 10_000) =>
  page.locator(`[data-state="${state}"]`).first().waitFor({ timeout: ms });
export const endedWith = (page, reason, ms = 10_000) =>
  page.locator(`[data-reason="${reason}"]`).waitFor({ timeout: ms });

export async function dial(page, number) {
  const field = page.locator('input[type="tel"]');
  // As a person does: what Firefox is filled with, the page does not notice.
  await field.fill('');
  await field.pressSequentially(number);
  await field.press('Enter');
}

/** 1000 Hz from the agent has nearly all energy at the far end; 440 Hz from there peaks in the page. */
export async function bothWays(page, far) {
  const heard = await until('the far end hears 1000 Hz', async () => {
    const now = await far.hears(1000);
    return now.share >= 0.95 ? now : null;
  });
  const softest = isFirefox(page) ? -24 : -15;
  assert.ok(heard.level_dbfs > softest && heard.level_dbfs < -3, `level ${heard.level_dbfs}`);
  return { share: heard.share, ...(await hearsTone(page, 440)) };
}

export async function outgoing(page, { far }) {
  far.say({ do: 'on_call', what: 'answer', after_ms: 300, tone: 440 });
  await dial(page, CUSTOMER);
  const incoming = await far.next('incoming');
  assert.match(incoming.from, /4155550100/, 'the company number is displayed');
  await stateIs(page, 'talking');
}

export async function hangUpHere(page, { far }) {
  await page.getByRole('button', { name: /^End/ }).click();
  await endedWith(page, 'hung_up_here');
  await far.next('ended');
}

export async function incoming(page, { far, server, number }) {
  far.say({
    do: 'call',
    to: `sip:${number}@127.0.0.1:${server.sip}`,
    from: CUSTOMER,
    name: 'Helena Zhang',
    tone: 440,
  });
  await page.getByRole('alertdialog').waitFor();
}

/** The latest call, with legs and timeline, once it is over. */
export const lastRecord = (owner) =>
  until('the record is closed', async () => {
    const [call] = (await owner.get('/v1/calls?limit=1')).items;
    return call?.ended_at ? owner.get(`/v1/calls/${call.id}`) : null;
  });
