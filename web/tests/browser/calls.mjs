// The road of the first call, with audio asserted at both ends: Chromium, the server, a far end in plain RTP.
import { strict as assert } from 'node:assert';
import { hearsNothing, hearsTone } from './page.mjs';
import { emptyDatabase, patchbay } from './postgres.mjs';
import { pause, until } from './server.mjs';
import {
  agent,
  bothWays,
  CUSTOMER,
  dial,
  endedWith,
  hangUpHere,
  incoming,
  lastRecord,
  outgoing,
  play,
  stateIs,
} from './stage.mjs';

/** The page takes its way for lost, as after a change of network; the browser then gathers anew. */
export const losesItsWay = (page) =>
  page.evaluate(async () => {
    const connection = window.__connection;
    Object.defineProperty(connection, 'iceConnectionState', { get: () => 'disconnected', configurable: true });
    connection.dispatchEvent(new Event('iceconnectionstatechange'));
    await new Promise((done) => setTimeout(done, 1_050));
    delete connection.iceConnectionState;
  });

/** The names by which both sides' checks go. */
export const fragments = (page) =>
  page.evaluate(() => {
    const { localDescription, remoteDescription } = window.__connection;
    return [localDescription, remoteDescription].map(({ sdp }) => /a=ice-ufrag:(\S+)/.exec(sdp)[1]);
  });

export function conversation(test, title, current) {
  test(`${title}: an outgoing call is heard both ways, held, muted, dialled through`, async () => {
    const { page, foreign, errors } = await agent(current);
    const { far } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Mute/ }).click();
    await stateIs(page, 'muted');
    await until('the far end hears nothing', async () => (await far.hears(1000)).level_dbfs < -40);
    await hearsTone(page, 440);
    await page.getByRole('button', { name: /^Unmute/ }).click();
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Hold/ }).click();
    await stateIs(page, 'held_by_us');
    await until('the far end hears music on hold, not the agent', async () => {
      const heard = await far.hears(1000);
      return heard.share < 0.05 && heard.level_dbfs > -45;
    });
    await hearsNothing(page);
    await page.getByRole('button', { name: /^Resume/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);

    await page.getByRole('button', { name: /^Keypad/ }).click();
    for (const digit of '159#') await page.getByRole('button', { name: `Key ${digit}`, exact: true }).click();
    for (const digit of '159#') assert.equal((await far.next('digit')).digit, digit);
    await hangUpHere(page, current.scene);
    assert.deepEqual(foreign, [], 'no request leaves for a third party');
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  test(`${title}: an incoming call rings, is answered and is heard both ways`, async () => {
    const { page } = await agent(current);
    const { far } = current.scene;
    await incoming(page, current.scene);
    assert.match(await page.getByRole('alertdialog').textContent(), /Helena Zhang/);
    await page.getByRole('button', { name: /^Answer/ }).click();
    await far.next('answered');
    await stateIs(page, 'talking');
    await bothWays(page, far);
    far.say({ do: 'hang_up' });
    await endedWith(page, 'hung_up_there');
    await page.context().close();
  });

  test(`${title}: digits of the far end reach the timeline`, async () => {
    const { page } = await agent(current);
    const { far, owner } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    for (const digit of '42') far.say({ do: 'digit', digit, how: 'rfc4733' });
    far.say({ do: 'digit', digit: '7', how: 'info' });
    await pause(1_500);
    await hangUpHere(page, current.scene);
    const detail = await lastRecord(owner);
    const digits = detail.timeline.filter((moment) => moment.kind === 'digit').map((moment) => moment.digit);
    assert.deepEqual(digits.sort(), ['2', '4', '7']);
    assert.ok(
      detail.legs.every((leg) => leg.figures && leg.figures.received > 20),
      'both legs keep their figures',
    );
    await page.context().close();
  });
}

function refusals(test, current) {
  test('a declined call tells the caller so', async () => {
    const { page } = await agent(current);
    await incoming(page, current.scene);
    await page.getByRole('button', { name: /^Decline/ }).click();
    assert.equal((await current.scene.far.next('refused')).code, 603);
    await page.context().close();
  });

  test('a caller who gives up leaves a missed call', async () => {
    const { page } = await agent(current);
    await incoming(page, current.scene);
    current.scene.far.say({ do: 'hang_up' });
    await endedWith(page, 'missed');
    await page.context().close();
  });

  test('a cancelled call stops ringing at the far end', async () => {
    const { page } = await agent(current);
    current.scene.far.say({ do: 'on_call', what: 'ring' });
    await dial(page, CUSTOMER);
    await stateIs(page, 'ringing');
    await page.getByRole('button', { name: /^Cancel/ }).click();
    await endedWith(page, 'cancelled');
    await current.scene.far.next('ended');
    await page.context().close();
  });

  for (const what of ['busy', 'no_answer', 'congested']) {
    test(`a far end that is ${what.replace('_', ' ')} is told in words`, async () => {
      const { page } = await agent(current);
      current.scene.far.say({ do: 'on_call', what });
      await dial(page, CUSTOMER);
      await endedWith(page, what);
      await page.context().close();
    });
  }

  test('a call whose tab is closed ends by itself, and the caller is to blame', async () => {
    const { page } = await agent(current);
    const { far, owner } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    // As a browser that crashes: nothing is said on the way out.
    const session = await page.context().newCDPSession(page);
    void session.send('Page.crash').catch(() => undefined);
    await far.next('ended', 25_000);
    const { summary } = await lastRecord(owner);
    assert.deepEqual([summary.cause, summary.blame], ['flow_lost', 'caller']);
    await page.context().close();
  });
}

export async function calls(suite) {
  await play(suite, {}, (test, current) => {
    conversation(test, 'SQLite, post-quantum', current);
    refusals(test, current);
  });
  await play(suite, { plain: true }, (test, current) => conversation(test, 'SQLite, plain handshake', current));
  const server = process.env.PATCHBAY_TEST_POSTGRES;
  if (!server)
    return console.log('# PostgreSQL is not here: infra/scripts/browser.sh brings one; its calls are left out');
  await suite.test('PostgreSQL is brought up to date when told, and never by the way', async () => {
    const database = emptyDatabase(server);
    const early = patchbay(['serve'], database);
    assert.notEqual(early.status, 0);
    assert.match(early.said, /behind this binary: run `patchbay migrate`, or `serve --migrate`/);
    assert.equal(patchbay(['migrate'], database).status, 0);
    assert.equal(patchbay(['migrate'], database).status, 0, 'a second time there is nothing to do');
  });
  for (const plain of [false, true]) {
    const title = `PostgreSQL, ${plain ? 'plain handshake' : 'post-quantum'}`;
    await play(suite, { plain, database: () => emptyDatabase(server) }, (test, current) =>
      conversation(test, title, current),
    );
  }
}
