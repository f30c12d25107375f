// A call outlives its page: reloads, a crash, a socket that is cut, another tab, and what becomes of a caller whose agent stays away.
// The hole in the agent's tone is measured at the far end, in frames. PATCHBAY_RELOADS=20 for the long run.
import { strict as assert } from 'node:assert';
import { findings } from './looks.mjs';
import { hearsTone, phoneReady } from './page.mjs';
import { pause, until } from './server.mjs';
import { agent, bothWays, CUSTOMER, hangUpHere, incoming, lastRecord, outgoing, play, stateIs } from './stage.mjs';

const RELOADS = Number(process.env.PATCHBAY_RELOADS ?? 5);
/** Longest silence of the agent at the far end that a reload may cost, milliseconds. */
const GATE_MS = 1_500;

/** Lets a test cut every WebSocket of the page for a while, as a network does: nothing gets through, audio has its own way. */
const CUTTABLE = () => {
  const Native = window.WebSocket;
  const open = new Set();
  let until = 0;
  window.WebSocket = class extends Native {
    constructor(url, protocols) {
      super(Date.now() < until ? 'ws://127.0.0.1:9/' : url, protocols);
      open.add(this);
    }
  };
  window.__cut = (ms) => {
    until = Date.now() + ms;
    for (const socket of open) socket.close();
    open.clear();
  };
};

/** What happened at the far end since, of this kind. */
const none = (far, kind) =>
  assert.deepEqual(
    far.events.filter((one) => one.event === kind),
    [],
    `no ${kind} at the far end`,
  );

const kindsOf = (detail) => detail.timeline.map((moment) => moment.kind);

/** The agent's tone is watched, something happens, and it is there again: how long it was away. */
async function holeOf(page, far, what) {
  far.watch(1000);
  await what();
  await hearsTone(page(), 440, 15_000);
  await bothWays(page(), far);
  return far.hole();
}

async function reloads(page, far, times, gate = GATE_MS) {
  const holes = [];
  for (let round = 0; round < times; round += 1) {
    const hole = await holeOf(
      () => page,
      far,
      async () => {
        await page.reload();
        await stateIs(page, 'talking');
      },
    );
    holes.push(hole);
    none(far, 'ended');
  }
  console.log(`        ${times} reloads: the agent was silent for ${holes.join(', ')} ms`);
  assert.ok(Math.max(...holes) < gate, `holes of ${holes} ms`);
}

function pages(test, current) {
  test(
    `reload: ${RELOADS} reloads in one call that came in, the customer's leg untouched`,
    async () => {
      const { page } = await agent(current);
      const { far, owner } = current.scene;
      await incoming(page, current.scene);
      await page.getByRole('button', { name: /^Answer/ }).click();
      await stateIs(page, 'talking');
      await bothWays(page, far);
      await reloads(page, far, RELOADS);
      await page
        .getByText(/Helena Zhang/)
        .first()
        .waitFor();
      await hangUpHere(page, current.scene);
      const detail = await lastRecord(owner);
      assert.equal(detail.summary.cause, 'callee_hung_up');
      assert.equal(detail.legs.filter((leg) => leg.kind === 'gateway').length, 1, 'one leg of the customer');
      const gaps = detail.timeline.filter((moment) => moment.kind === 'regained').map((moment) => moment.for_ms);
      assert.equal(gaps.length, RELOADS, `${gaps}`);
      assert.equal(kindsOf(detail).filter((kind) => kind === 'lost').length, RELOADS);
      await page.goto(`${current.scene.server.url}/calls/${detail.summary.id}`);
      await page
        .getByText(/is back after/)
        .first()
        .waitFor();
      await page.context().close();
    },
    60_000 + RELOADS * 12_000,
  );

  test('reload: a call that went out is shown as it was, on hold too', async () => {
    const { page } = await agent(current);
    const { far } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    await reloads(page, far, 1);
    await page.getByText(CUSTOMER.slice(-4)).first().waitFor();
    await page.getByRole('button', { name: /^Hold/ }).click();
    await stateIs(page, 'held_by_us');
    await page.reload();
    await stateIs(page, 'held_by_us', 15_000);
    const heard = await far.hears(1000);
    assert.ok(heard.share < 0.05 && heard.level_dbfs > -45, 'music, and nothing of the agent');
    await page.getByRole('button', { name: /^Resume/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);
    await hangUpHere(page, current.scene);
    await page.context().close();
  });

  test('reload: a tab that crashed is followed by another one', async () => {
    const { page, context } = await agent(current);
    const { far, owner, server } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    let next = page;
    const hole = await holeOf(
      () => next,
      far,
      async () => {
        const session = await context.newCDPSession(page);
        void session.send('Page.crash').catch(() => undefined);
        next = await context.newPage();
        await next.goto(`${server.url}/desk`);
        await stateIs(next, 'talking', 20_000);
      },
    );
    console.log(`        the agent was silent for ${hole} ms`);
    assert.ok(hole < 8_000, `a hole of ${hole} ms`);
    none(far, 'ended');
    await hangUpHere(next, current.scene);
    assert.equal((await lastRecord(owner)).summary.cause, 'caller_hung_up');
    await context.close();
  });

  test('reload: a second tab takes the phone over, and the call with it', async () => {
    const { page, context } = await agent(current);
    const { far, server } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    const second = await context.newPage();
    await second.goto(`${server.url}/desk`);
    const take = second.getByRole('button', { name: 'Use the phone here' });
    await take.waitFor();
    const hole = await holeOf(
      () => second,
      far,
      async () => {
        await take.click();
        await stateIs(second, 'talking', 15_000);
      },
    );
    console.log(`        the agent was silent for ${hole} ms`);
    assert.ok(hole < GATE_MS, `a hole of ${hole} ms`);
    none(far, 'ended');
    await page.getByRole('button', { name: 'Use the phone here' }).waitFor();
    await hangUpHere(second, current.scene);
    await context.close();
  });
}

function sockets(test, current) {
  for (const seconds of [4, 30]) {
    test(`reload: a socket that is cut for ${seconds} s is not heard`, async () => {
      const { page, context } = await agent(current);
      const { far, owner } = current.scene;
      await context.addInitScript(CUTTABLE);
      await page.reload();
      await phoneReady(page);
      await outgoing(page, current.scene);
      await bothWays(page, far);
      far.watch(1000);
      await page.evaluate((ms) => window.__cut(ms), seconds * 1_000);
      const lost = page.getByText('Reconnecting: you can keep talking').first();
      await lost.waitFor();
      await pause(seconds * 1_000);
      await lost.waitFor({ state: 'detached', timeout: 15_000 });
      await bothWays(page, far);
      const hole = await far.hole();
      console.log(`        the longest hole was ${hole} ms`);
      assert.ok(hole <= 200, `a hole of ${hole} ms`);
      none(far, 'ended');
      // The session is whole: a hold goes over the new socket.
      await page.getByRole('button', { name: /^Hold/ }).click();
      await stateIs(page, 'held_by_us');
      await page.getByRole('button', { name: /^Resume/ }).click();
      await stateIs(page, 'talking');
      await bothWays(page, far);
      await hangUpHere(page, current.scene);
      const detail = await lastRecord(owner);
      assert.equal(kindsOf(detail).includes('lost'), false, 'audio flowed, so that nobody was lost');
      await context.close();
    }, 120_000);
  }

  test('reload: who does not come back within twenty seconds is waited for with music, and then it is over', async () => {
    const { page, context } = await agent(current);
    const { far, owner } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    const left = Date.now();
    await page.goto('about:blank');
    await until('the call is shown as waiting for its seat', async () => {
      const [live] = await owner.get('/v1/calls/live');
      return live?.state === 'reconnecting';
    });
    await until('the far end hears music', async () => {
      const heard = await far.hears(1000, 300);
      return heard.share < 0.05 && heard.level_dbfs > -45;
    });
    await far.next('ended', 25_000);
    const after = Date.now() - left;
    assert.ok(after > 18_000 && after < 24_000, `${after} ms`);
    const detail = await lastRecord(owner);
    assert.equal(detail.summary.cause, 'flow_lost');
    assert.ok(kindsOf(detail).includes('lost') && !kindsOf(detail).includes('regained'), `${kindsOf(detail)}`);
    await context.close();
  });
}

const node = (kind, at, settings, exits) => ({ kind, label: '', settings, exits, place: { x: 0, y: at * 140 } });

/** The number leads to a queue in which the owner works. */
async function queue(scene) {
  const { owner } = scene;
  const me = (await owner.get('/v1/members'))[0];
  const made = await owner.post('/v1/queues', { name: 'Support', members: [me.id] });
  const flow = await owner.post('/v1/flows', { name: 'Reception', starter: 'blank' });
  const nodes = {
    ...flow.draft.nodes,
    start: { ...flow.draft.nodes.start, exits: { next: 'support' } },
    support: node('queue', 1, { queue: made.id }, { timed_out: 'end', full: 'end', nobody: 'end', after: 'end' }),
    end: node('hangup', 2, {}, {}),
  };
  const drawn = await owner.patch(`/v1/flows/${flow.id}`, { draft: { ...flow.draft, nodes }, revision: flow.revision });
  await owner.post(`/v1/flows/${flow.id}/publish`, { revision: drawn.revision, note: 'First' });
  const [number] = (await owner.get('/v1/numbers')).items;
  await owner.patch(`/v1/numbers/${number.id}`, { flow: flow.id });
}

function queued(test, current) {
  test('reload: a caller from a queue is kept for the agent, and is first in line when the agent stays away', async () => {
    const { page, context } = await agent(current);
    const { far, owner, server, number } = current.scene;
    await queue(current.scene);
    await owner.post('/v1/agents/me/state', { state: 'ready' });
    far.say({
      do: 'call',
      to: `sip:${number}@127.0.0.1:${server.sip}`,
      from: CUSTOMER,
      name: 'Helena Zhang',
      tone: 440,
    });
    await page.getByRole('alertdialog').waitFor();
    await page.getByRole('button', { name: /^Answer/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);
    await reloads(page, far, 1, 3_000);
    await page.goto('about:blank');
    const stateNow = async () => (await owner.get('/v1/agents'))[0].now.state;
    await until('the agent is reconnecting', async () => (await stateNow()) === 'reconnecting');
    await until(
      'the caller waits in the queue again',
      async () => JSON.stringify(await owner.get('/v1/queues/live')).includes(CUSTOMER),
      25_000,
    );
    none(far, 'ended');
    const heard = await far.hears(1000);
    assert.ok(heard.share < 0.3 && heard.level_dbfs > -45, 'music again');
    // Offered at once, before who came later.
    await owner.post('/v1/agents/me/state', { state: 'ready' });
    await page.goto(`${server.url}/desk`);
    await page.getByRole('alertdialog').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: /^Answer/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);
    far.say({ do: 'hang_up' });
    const detail = await lastRecord(owner);
    assert.equal(detail.summary.cause, 'caller_hung_up');
    assert.deepEqual(
      kindsOf(detail).filter((kind) => ['lost', 'regained'].includes(kind)),
      ['lost', 'regained', 'lost'],
    );
    await context.close();
  }, 120_000);
}

/** What is beyond the page's own phone. */
function sent(test, current) {
  test('reload: a caller is sent to a queue from the desk, in the same call, and the agent is free', async () => {
    const { page, context } = await agent(current);
    const { far, owner, server, number } = current.scene;
    if ((await owner.get('/v1/queues')).length === 0) await queue(current.scene);
    await owner.post('/v1/agents/me/state', { state: 'ready' });
    far.say({
      do: 'call',
      to: `sip:${number}@127.0.0.1:${server.sip}`,
      from: CUSTOMER,
      name: 'Helena Zhang',
      tone: 440,
    });
    await page.getByRole('button', { name: /^Answer/ }).click();
    await stateIs(page, 'talking');
    await bothWays(page, far);
    await owner.post('/v1/agents/me/state', { state: 'not_ready' });
    await page.keyboard.press('t');
    const sheet = page.getByRole('dialog');
    await sheet.getByText('0 callers wait').waitFor();
    assert.deepEqual(await findings(page), []);
    await sheet.getByRole('button', { name: 'Send the caller to the queue Support' }).click();
    await until('the caller waits in the queue', async () =>
      JSON.stringify(await owner.get('/v1/queues/live')).includes(CUSTOMER),
    );
    none(far, 'ended');
    const heard = await far.hears(1000);
    assert.ok(heard.share < 0.3 && heard.level_dbfs > -45, 'music');
    await until('the agent is off the call', async () => (await owner.get('/v1/calls/live'))[0]?.seat == null);
    await owner.post('/v1/agents/me/state', { state: 'ready' });
    await page.getByRole('button', { name: /^Answer/ }).click({ timeout: 45_000 });
    await stateIs(page, 'talking');
    await bothWays(page, far);
    far.say({ do: 'hang_up' });
    const detail = await lastRecord(owner);
    assert.equal(detail.summary.cause, 'caller_hung_up');
    assert.equal(detail.legs.filter((leg) => leg.kind === 'gateway').length, 1);
    const stays = await until('both stays are kept', async () => {
      const { queues } = await owner.get(`/v1/calls/${detail.summary.id}`);
      return queues.length >= 2 ? queues : null;
    });
    assert.deepEqual(
      stays.map((stay) => stay.outcome),
      ['answered', 'answered'],
    );
    await context.close();
  }, 120_000);
}

/** A call that is left at a slot, and picked up. */
function parking(test, current) {
  test('reload: a call is parked from the desk, shown there, and picked up again', async () => {
    const { page, context, errors } = await agent(current);
    const { far, owner } = current.scene;
    await outgoing(page, current.scene);
    await bothWays(page, far);
    await page.keyboard.press('t');
    await page.getByRole('dialog').getByRole('button', { name: 'Park', exact: true }).click();
    const lot = page.getByRole('region', { name: 'Parked calls' });
    await lot.waitFor();
    assert.match(await lot.textContent(), /Olive Owner parked it/);
    assert.deepEqual(await findings(page), []);
    none(far, 'ended');
    const heard = await far.hears(1000);
    assert.ok(heard.share < 0.05 && heard.level_dbfs > -45, 'music, and nothing of the agent');
    const [parked] = await owner.get('/v1/parked-calls');
    assert.equal(parked.slot, 1);
    await until('the seat is free', async () => (await owner.get('/v1/calls/live'))[0]?.seat == null);
    await lot.getByRole('button', { name: 'Pick up slot 1' }).click();
    await stateIs(page, 'talking', 15_000);
    await bothWays(page, far);
    await lot.waitFor({ state: 'detached' });
    await hangUpHere(page, current.scene);
    const detail = await lastRecord(owner);
    const kinds = kindsOf(detail);
    assert.ok(kinds.indexOf('parked') > 0 && kinds.indexOf('picked_up') > kinds.indexOf('parked'), `${kinds}`);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

export async function reload(suite) {
  await play(suite, {}, (test, current) => {
    pages(test, current);
    sockets(test, current);
    queued(test, current);
    sent(test, current);
    parking(test, current);
  });
}
