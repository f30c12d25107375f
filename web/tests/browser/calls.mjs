// The road of the first call, with audio asserted at both ends: Chromium, the server, a far end in plain RTP.
import { strict as assert } from 'node:assert';
import { startFar } from './far.mjs';
import { hearsNothing, hearsTone, launch, person, phoneReady, signIn } from './page.mjs';
import { client, freePort, operatorOf, pause, startServer, until } from './server.mjs';

const PASSWORD = 'correct horse 42';
const CUSTOMER = '+14155550177';

/** A gateway by address with a far end behind it, a company with a number on it, a seat for its owner. */
async function stage(database) {
  const server = await startServer({ database });
  const farPort = await freePort();
  const far = await startFar(farPort);
  const open = client(server.url);
  const operator = await operatorOf(server);
  const money = (micros) => ({ micros, currency: 'USD' });
  const site = await operator.post('/v1/operator/sites', { name: 'Rack 1', country: 'US' });
  const racked = await operator.post('/v1/operator/gateways', {
    site: site.id,
    label: 'Far end',
    profile: 'generic_sip_trunk',
    connection: 'ip_peer',
    gateway_ports: 1,
    channels: 10,
    host: '127.0.0.1',
    udp_port: farPort,
    transport: 'udp',
    monthly: money(0),
    rental: 'shared',
  });
  const gatewayPort = racked.gateway.gateway_ports[0].id;
  const [number] = await operator.post('/v1/operator/numbers', {
    first: '+14155550100',
    count: 1,
    gateway_port: gatewayPort,
    kind: 'local',
    monthly: money(1_000_000),
  });
  const email = 'olive@kestrel.example';
  const session = await open.post('/v1/sign-up', {
    company: 'Kestrel',
    name: 'Olive Owner',
    email,
    password: PASSWORD,
    country: 'US',
  });
  const owner = open.as(session.access_token);
  await owner.post(`/v1/numbers/${number.id}/claim`);
  const seat = await owner.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  await owner.patch(`/v1/seats/${seat.id}`, { displayed_numbers: [number.id] });
  await owner.patch(`/v1/numbers/${number.id}`, { destination_kind: 'seat', destination_seat: seat.id });
  return {
    server,
    far,
    owner,
    email,
    number: '+14155550100',
    async stop() {
      far.stop();
      await server.stop();
    },
  };
}

/** The agent, signed in, with the phone ready. */
async function agent(browser, scene) {
  const someone = await person(browser, scene.server.url);
  await signIn(someone.page, scene.server.url, scene.email, PASSWORD);
  await phoneReady(someone.page);
  return someone;
}

const stateIs = (page, state, ms = 10_000) => page.locator(`[data-state="${state}"]`).first().waitFor({ timeout: ms });
const endedWith = (page, reason, ms = 10_000) => page.locator(`[data-reason="${reason}"]`).waitFor({ timeout: ms });

async function dial(page, number) {
  await page.locator('input[type="tel"]').fill(number);
  await page.locator('input[type="tel"]').press('Enter');
}

/** 1000 Hz from the agent has nearly all energy at the far end; 440 Hz from there peaks in the page. */
async function bothWays(page, far) {
  const heard = await until('the far end hears 1000 Hz', async () => {
    const now = await far.hears(1000);
    return now.share >= 0.95 ? now : null;
  });
  assert.ok(heard.share >= 0.95, `share ${heard.share}`);
  assert.ok(heard.level_dbfs > -15 && heard.level_dbfs < -3, `level ${heard.level_dbfs}`);
  await hearsTone(page, 440);
}

async function outgoing(page, scene) {
  scene.far.say({ do: 'on_call', what: 'answer', after_ms: 300, tone: 440 });
  await dial(page, CUSTOMER);
  const incoming = await scene.far.next('incoming');
  assert.match(incoming.from, /4155550100/, 'the company number is displayed');
  await stateIs(page, 'talking');
}

async function hangUpHere(page, scene) {
  await page.getByRole('button', { name: /^End/ }).click();
  await endedWith(page, 'hung_up_here');
  await scene.far.next('ended');
}

async function incoming(page, scene) {
  scene.far.say({
    do: 'call',
    to: `sip:${scene.number}@127.0.0.1:${scene.server.sip}`,
    from: CUSTOMER,
    name: 'Helena Zhang',
    tone: 440,
  });
  await page.getByRole('alertdialog').waitFor();
}

function conversation(test, title, browserOf, scene) {
  test(`${title}: an outgoing call is heard both ways, held, muted, dialled through`, async () => {
    const browser = await browserOf();
    const { page, foreign, errors } = await agent(browser, scene());
    const { far } = scene();
    await outgoing(page, scene());
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Mute/ }).click();
    await stateIs(page, 'muted');
    await until('the far end hears nothing', async () => (await far.hears(1000)).level_dbfs < -40);
    await hearsTone(page, 440);
    await page.getByRole('button', { name: /^Unmute/ }).click();
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Hold/ }).click();
    await stateIs(page, 'held_by_us');
    await until('the far end hears silence on hold', async () => (await far.hears(1000)).level_dbfs < -60);
    await hearsNothing(page);
    await page.getByRole('button', { name: /^Resume/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Keypad/ }).click();
    for (const digit of '159#') await page.getByRole('button', { name: `Key ${digit}`, exact: true }).click();
    for (const digit of '159#') assert.equal((await far.next('digit')).digit, digit);
    await hangUpHere(page, scene());
    assert.deepEqual(foreign, [], 'no request leaves for a third party');
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  test(`${title}: an incoming call rings, is answered and is heard both ways`, async () => {
    const browser = await browserOf();
    const { page } = await agent(browser, scene());
    const { far } = scene();
    await incoming(page, scene());
    assert.match(await page.getByRole('alertdialog').textContent(), /Helena Zhang/);
    await page.getByRole('button', { name: /^Answer/ }).click();
    await far.next('answered');
    await stateIs(page, 'talking');
    await bothWays(page, far);
    far.say({ do: 'hang_up' });
    await endedWith(page, 'hung_up_there');
    await page.context().close();
  });
}

function refusals(test, browserOf, scene) {
  test('a declined call tells the caller so', async () => {
    const { page } = await agent(await browserOf(), scene());
    await incoming(page, scene());
    await page.getByRole('button', { name: /^Decline/ }).click();
    assert.equal((await scene().far.next('refused')).code, 603);
    await page.context().close();
  });

  test('a caller who gives up leaves a missed call', async () => {
    const { page } = await agent(await browserOf(), scene());
    await incoming(page, scene());
    scene().far.say({ do: 'hang_up' });
    await endedWith(page, 'missed');
    await page.context().close();
  });

  test('a cancelled call stops ringing at the far end', async () => {
    const { page } = await agent(await browserOf(), scene());
    scene().far.say({ do: 'on_call', what: 'ring' });
    await dial(page, CUSTOMER);
    await stateIs(page, 'ringing');
    await page.getByRole('button', { name: /^Cancel/ }).click();
    await endedWith(page, 'cancelled');
    await scene().far.next('ended');
    await page.context().close();
  });

  for (const [what, reason] of [
    ['busy', 'busy'],
    ['no_answer', 'no_answer'],
    ['congested', 'congested'],
  ]) {
    test(`a far end that is ${what.replace('_', ' ')} is told in words`, async () => {
      const { page } = await agent(await browserOf(), scene());
      scene().far.say({ do: 'on_call', what });
      await dial(page, CUSTOMER);
      await endedWith(page, reason);
      await page.context().close();
    });
  }

  test('digits of the far end reach the timeline', async () => {
    const { page } = await agent(await browserOf(), scene());
    await outgoing(page, scene());
    await bothWays(page, scene().far);
    for (const digit of '42') scene().far.say({ do: 'digit', digit, how: 'rfc4733' });
    scene().far.say({ do: 'digit', digit: '7', how: 'info' });
    await pause(1_500);
    await hangUpHere(page, scene());
    const calls = await scene().owner.get('/v1/calls?limit=1');
    const detail = await scene().owner.get(`/v1/calls/${calls.items[0].id}`);
    const digits = detail.timeline.filter((moment) => moment.kind === 'digit').map((moment) => moment.digit);
    assert.deepEqual(digits.sort(), ['2', '4', '7']);
    assert.ok(
      detail.legs.every((leg) => leg.figures && leg.figures.received > 20),
      'both legs keep their figures',
    );
    await page.context().close();
  });
}

export async function calls({ test, wav }) {
  const queue = [];
  const later = (name, body) => queue.push([name, body]);
  let scene;
  let browser;
  const current = { scene: () => scene, browser: async () => browser };

  async function play(database, plain, fill) {
    queue.length = 0;
    fill();
    scene = await stage(database);
    browser = await launch(wav, { plain });
    try {
      for (const [name, body] of queue) await test(name, body, 90_000);
    } finally {
      await browser.close();
      await scene.stop();
    }
  }

  await play(null, false, () => {
    conversation(later, 'SQLite, post-quantum', current.browser, current.scene);
    refusals(later, current.browser, current.scene);
  });
  await play(null, true, () => conversation(later, 'SQLite, plain handshake', current.browser, current.scene));
  const postgres = process.env.PATCHBAY_TEST_POSTGRES;
  if (postgres) await play(postgres, false, () => conversation(later, 'PostgreSQL', current.browser, current.scene));
}
