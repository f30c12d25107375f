// What a caller meets: a prompt that is heard, keys that are taken, a person who is reached, and the way of the call on its page.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eyes } from './eyes.mjs';
import { phoneReady } from './page.mjs';
import { pause, until } from './server.mjs';
import { agent, bothWays, CUSTOMER, endedWith, lastRecord, play, stateIs } from './stage.mjs';
import { writeTone } from './wav.mjs';

const [OFFER, WRONG, BYE, GREETING, ASK] = [600, 850, 1250, 1600, 2050];
/** As heard at the beep. */
const BEEP = 1000;

/** A prompt that is a tone of this pitch. */
async function prompt(owner, wav, name, hz) {
  const made = await owner.post('/v1/prompts', { name });
  const sound = readFileSync(writeTone(join(dirname(wav), `${name}.wav`), hz, 3));
  await owner.put(`/v1/prompts/${made.id}/audio/en`, sound, 'audio/wav');
  return { kind: 'prompt', prompt: made.id };
}

const node = (kind, at, settings, exits) => ({ kind, label: '', settings, exits, place: { x: 0, y: at * 140 } });

/** Key 1 rings Olive, key 3 takes a message for her and asks how it was, key 9 says goodbye; the number leads there. */
async function menu(scene, wav) {
  const { owner } = scene;
  const [offer, wrong, bye, greeting, ask] = [
    await prompt(owner, wav, 'Offer', OFFER),
    await prompt(owner, wav, 'Wrong', WRONG),
    await prompt(owner, wav, 'Bye', BYE),
    await prompt(owner, wav, 'Greeting', GREETING),
    await prompt(owner, wav, 'Ask', ASK),
  ];
  const [seat] = await owner.get('/v1/seats');
  const made = await owner.post('/v1/flows', { name: 'Reception', starter: 'blank' });
  const me = (await owner.get('/v1/members'))[0];
  const queue = await owner.post('/v1/queues', { name: 'Support', members: [me.id] });
  const choices = [
    { keys: '1', label: 'Sales' },
    { keys: '2', label: 'Support' },
    { keys: '3', label: 'Message' },
    { keys: '9', label: 'Nothing' },
  ];
  const nodes = {
    ...made.draft.nodes,
    start: { ...made.draft.nodes.start, exits: { next: 'menu' } },
    menu: node(
      'menu',
      1,
      { prompt: offer, wrong_prompt: wrong, choices, wait_s: 4, tries: 3 },
      {
        1: 'sales',
        2: 'support',
        3: 'box',
        9: 'bye',
        no_input: 'bye',
        wrong: 'bye',
      },
    ),
    sales: node(
      'ring',
      2,
      { targets: [{ kind: 'seat', seat: seat.id }], seconds: 20, hears: 'ringback' },
      {
        no_answer: 'bye',
        busy: 'bye',
        failed: 'bye',
      },
    ),
    support: node('queue', 2, { queue: queue.id }, { timed_out: 'bye', full: 'bye', nobody: 'bye', after: 'bye' }),
    box: node(
      'voicemail',
      2,
      { mailbox: { kind: 'seat', seat: seat.id }, greeting, max_s: 30, silence_s: 3 },
      { recorded: 'rate', empty: 'bye' },
    ),
    rate: node(
      'survey',
      3,
      { questions: [{ name: 'Friendly', prompt: ask }], tries: 1 },
      { done: 'bye', silent: 'bye' },
    ),
    bye: node('play', 3, { sounds: [bye] }, { next: 'end' }),
    end: node('hangup', 4, {}, {}),
  };
  const drawn = await owner.patch(`/v1/flows/${made.id}`, {
    draft: { ...made.draft, nodes },
    revision: made.revision,
  });
  assert.deepEqual(
    drawn.findings.filter((one) => one.severity === 'error'),
    [],
  );
  await owner.post(`/v1/flows/${made.id}/publish`, { revision: drawn.revision, note: 'First' });
  const [number] = (await owner.get('/v1/numbers')).items;
  await owner.patch(`/v1/numbers/${number.id}`, { flow: made.id });
}

function call({ far, server, number }) {
  far.say({ do: 'call', to: `sip:${number}@127.0.0.1:${server.sip}`, from: CUSTOMER, name: 'Helena Zhang', tone: 440 });
}

const hears = (far, hz) =>
  until(`the caller hears ${hz} Hz`, async () => {
    const now = await far.hears(hz, 300);
    return now.share >= 0.9 && now.level_dbfs > -40 ? now : null;
  });

/** How much of a WAV's channel is this tone, 0 to 1. Source: Goertzel, 1958. */
function share(wav, channel, hz) {
  const rate = wav.readUInt32LE(24);
  const [channels, count] = [wav.readUInt16LE(22), (wav.length - 44) / 2 / wav.readUInt16LE(22)];
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [before, last, all] = [0, 0, 0];
  for (let at = 0; at < count; at += 1) {
    const sample = wav.readInt16LE(44 + (at * channels + channel) * 2);
    [before, last] = [last, sample + turn * last - before];
    all += sample * sample;
  }
  return (2 * (last * last + before * before - turn * last * before)) / (count * all);
}

const press = (far, digit, how = 'rfc4733') => far.say({ do: 'digit', digit, how });

export async function inbound({ test, wav }) {
  await play({ test, wav }, {}, (later, current) => {
    let drawn = false;
    const ready = async () => {
      if (!drawn) await menu(current.scene, wav);
      drawn = true;
    };

    later('inbound: a caller hears the menu, presses a key and talks with whom it leads to', async () => {
      await ready();
      const { page, errors } = await agent(current);
      const { far, owner } = current.scene;
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '5');
      await hears(far, WRONG);
      await hears(far, OFFER);
      press(far, '1');
      await page.getByRole('alertdialog').waitFor();
      assert.match(await page.getByRole('alertdialog').textContent(), /Helena Zhang/);
      await page.getByRole('button', { name: /^Answer/ }).click();
      await stateIs(page, 'talking');
      await bothWays(page, far);
      far.say({ do: 'hang_up' });
      await endedWith(page, 'hung_up_there');
      const record = await until('the call has its way', async () => {
        const detail = await lastRecord(owner);
        return detail.flow ? detail : null;
      });
      assert.equal(record.flow.name, 'Reception');
      assert.deepEqual(
        record.flow.path.map((step) => step.node),
        ['start', 'menu', 'sales'],
      );
      await page.goto(`${current.scene.server.url}/calls/${record.summary.id}`);
      await page.getByText('Reception').first().waitFor();
      await eyes('inbound')(page, 'way');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    later('inbound: a key by INFO is taken too, and the flow hangs up by itself', async () => {
      await ready();
      const { far, owner } = current.scene;
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '9', 'info');
      await hears(far, BYE);
      await far.next('ended', 10_000);
      const record = await lastRecord(owner);
      assert.deepEqual(
        record.flow.path.map((step) => step.node),
        ['start', 'menu', 'bye', 'end'],
      );
    });

    later('inbound: a caller waits with music until the agent is ready, and the call page says why', async () => {
      await ready();
      const { page, errors } = await agent(current);
      const { far, owner } = current.scene;
      await owner.post('/v1/agents/me/state', { state: 'not_ready' });
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '2');
      await until('the caller waits', async () => {
        const board = await owner.get('/v1/queues/live');
        return JSON.stringify(board).includes(CUSTOMER);
      });
      await until('the caller hears music', async () => {
        const now = await far.hears(OFFER, 300);
        return now.share < 0.3 && now.level_dbfs > -45;
      });
      await page.goto(`${current.scene.server.url}/queues?tab=live`);
      await page.getByText('Helena Zhang').or(page.getByText('555 0177')).first().waitFor();
      await eyes('inbound')(page, 'wallboard');
      await page.goto(`${current.scene.server.url}/desk`);
      await phoneReady(page);
      await owner.post('/v1/agents/me/state', { state: 'ready' });
      await page.getByRole('alertdialog').waitFor();
      await page.getByRole('button', { name: /^Answer/ }).click();
      await stateIs(page, 'talking');
      await bothWays(page, far);
      far.say({ do: 'hang_up' });
      await endedWith(page, 'hung_up_there');
      const record = await until('the stay is kept', async () => {
        const detail = await lastRecord(owner);
        return detail.queues?.length ? detail : null;
      });
      assert.deepEqual(
        record.flow.path.map((step) => step.node),
        ['start', 'menu', 'support'],
      );
      await page.goto(`${current.scene.server.url}/calls/${record.summary.id}`);
      await page.getByText('Support').first().waitFor();
      await eyes('inbound')(page, 'why');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    later('inbound: what was said is kept, shown on the call page and heard through a link', async () => {
      await ready();
      const { page, errors } = await agent(current);
      const { far, owner, server } = current.scene;
      const policy = await owner.get('/v1/recording-policy');
      await owner.put('/v1/recording-policy', { ...policy, mode: 'always' });
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '1');
      await page.getByRole('button', { name: /^Answer/ }).click();
      await stateIs(page, 'talking');
      await bothWays(page, far);
      far.say({ do: 'hang_up' });
      await endedWith(page, 'hung_up_there');
      const record = await lastRecord(owner);
      const kept = await until('the recording is ready', async () => {
        const { items } = await owner.get(`/v1/recordings?call=${record.summary.id}`);
        return items[0]?.state === 'ready' ? items[0] : null;
      });
      assert.equal(kept.call, record.summary.id);
      const { url } = await owner.post(`/v1/recordings/${kept.id}/play`);
      const audio = await fetch(new URL(url, server.url));
      assert.equal(audio.status, 200, 'the link alone opens it');
      const bytes = (await audio.arrayBuffer()).byteLength;
      assert.ok(bytes > kept.duration_ms * 16, `${bytes} bytes for ${kept.duration_ms} ms`);
      await page.goto(`${server.url}/calls/${record.summary.id}`);
      await page.getByText('Above the line the customer').waitFor();
      await eyes('inbound')(page, 'recording');
      await page.goto(`${server.url}/settings?tab=company`);
      await page.locator('main').waitFor();
      await eyes('inbound')(page, 'policy');
      await owner.put('/v1/recording-policy', policy);
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    later('inbound: a caller leaves a message after the beep, and the page plays what was said', async () => {
      await ready();
      const { page, errors } = await agent(current);
      const { far, owner, server } = current.scene;
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '3');
      await hears(far, GREETING);
      await until('the caller hears the beep', async () => (await far.hears(BEEP, 200)).share >= 0.5 || null);
      await pause(3_000);
      press(far, '#');
      await hears(far, ASK);
      press(far, '4');
      await hears(far, BYE);
      await far.next('ended', 10_000);
      const record = await lastRecord(owner);
      assert.deepEqual(
        record.flow.path.map((step) => [step.node, step.exit]),
        [
          ['start', 'next'],
          ['menu', '3'],
          ['box', 'recorded'],
          ['rate', 'done'],
          ['bye', 'next'],
          ['end', null],
        ],
      );
      const [message] = await until('the message is there', async () => {
        const { items } = await owner.get(`/v1/voicemails?call=${record.summary.id}`);
        return items.length ? items : null;
      });
      assert.deepEqual([message.state, message.caller, message.box_name], ['new', CUSTOMER, 'Olive Owner']);
      assert.ok(message.duration_ms > 2_000 && message.duration_ms < 6_000, `${message.duration_ms} ms`);
      await page
        .getByRole('link', { name: /Voicemail/ })
        .filter({ hasText: '1' })
        .waitFor();
      await page.goto(`${server.url}/voicemail`);
      await page.getByText('Helena Zhang').waitFor();
      await eyes('inbound')(page, 'voicemail');
      await page.getByRole('button', { name: 'Play Message from Helena Zhang' }).click();
      const slider = page.getByRole('slider');
      await until('it is heard', async () => !(await slider.getAttribute('aria-valuetext')).startsWith('0:00') || null);
      const link = await owner.post(`/v1/voicemails/${message.id}/play`);
      const wav = Buffer.from(await (await fetch(new URL(link.url, server.url))).arrayBuffer());
      for (const channel of [0, 1]) {
        const [said, greeted] = [share(wav, channel, 440), share(wav, channel, GREETING)];
        assert.ok(
          said > 0.8 && greeted < 0.02,
          `channel ${channel}: ${said} of what was said, ${greeted} of the greeting`,
        );
      }
      assert.equal((await owner.get(`/v1/voicemails/${message.id}`)).state, 'heard');
      await page.getByRole('button', { name: 'Remove the message from Helena Zhang' }).click();
      await page.getByText('No messages').waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('Helena Zhang').waitFor();
      const { items } = await owner.get(`/v1/survey-answers?call=${record.summary.id}`);
      assert.deepEqual(
        items.map((one) => [one.question, one.score, one.flow_name]),
        [['Friendly', 4, 'Reception']],
      );
      await page.goto(`${server.url}/surveys`);
      await page.getByText('Friendly').first().waitFor();
      await eyes('inbound')(page, 'surveys');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    later('inbound: nobody there: the caller is told so and nothing is left over', async () => {
      await ready();
      const { far, owner } = current.scene;
      call(current.scene);
      await far.next('answered');
      await hears(far, OFFER);
      press(far, '1');
      await hears(far, BYE);
      await far.next('ended', 10_000);
      const record = await lastRecord(owner);
      assert.deepEqual(
        record.flow.path.map((step) => step.node),
        ['start', 'menu', 'sales', 'bye', 'end'],
      );
      await until('no call is up', async () => (await owner.get('/v1/calls/live')).length === 0);
    });
  });
}
