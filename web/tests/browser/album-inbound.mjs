// The states of what callers meet and what an administrator draws: flows, prompts, queues, the wallboard, wrap-up, a call's way.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newcomer, open, step } from './album-company.mjs';
import { phoneReady, signIn } from './page.mjs';
import { client, until } from './server.mjs';
import { writeTone } from './wav.mjs';

const PASSWORD = 'correct horse 42';

/** Two colleagues with seats, who are not there. */
async function colleagues(server, owner) {
  const out = client(server.url);
  const members = [];
  for (const name of ['Mei Chen', 'Amir Haddad']) {
    const email = `${name.toLowerCase().replace(' ', '.')}@wren.example`;
    const invited = await owner.post('/v1/invitations', { email, role: 'agent' });
    const token = new URL(invited.link, server.url).searchParams.get('token');
    const joined = await out.post(`/v1/invitations/by-token/accept?token=${token}`, { name, password: PASSWORD });
    await owner.post('/v1/seats', { member: joined.me.member });
    members.push(joined.me.member);
  }
  return members;
}

/** A queue with everything that belongs to it, and a flow that leads the number there. */
async function setUp(server, owner, me, wav) {
  const others = await colleagues(server, owner);
  const skills = [{ member: me, level: 5 }, ...others.map((member) => ({ member, level: 3 }))];
  const french = await owner.post('/v1/skills', { name: 'French', agents: skills });
  const members = [me, ...others];
  const asks = [{ skill: french.id, after_s: 0, level: 2 }];
  const queue = await owner.post('/v1/queues', { name: 'Sales', members, skills: asks, wrap_up_s: 60 });
  await owner.post('/v1/queues', { name: 'Support', members: [me] });
  await owner.post('/v1/reason-codes', { name: 'Lunch', longest_s: 2_700 });
  for (const name of ['Sold', 'Call again', 'Wrong number']) await owner.post('/v1/dispositions', { name });
  const prompt = await owner.post('/v1/prompts', { name: 'Welcome' });
  const sound = readFileSync(writeTone(join(dirname(wav), 'welcome.wav'), 600, 2));
  await owner.put(`/v1/prompts/${prompt.id}/audio/en`, sound, 'audio/wav');
  const policy = await owner.get('/v1/recording-policy');
  await owner.put('/v1/recording-policy', { ...policy, mode: 'always' });
  const drawn = await owner.post('/v1/flows', { name: 'Opening hours', starter: 'hours_menu' });
  const flow = await owner.post('/v1/flows', { name: 'Reception', starter: 'blank' });
  const node = (kind, at, settings, exits) => ({ kind, label: '', settings, exits, place: { x: 0, y: at * 140 } });
  const nodes = {
    ...flow.draft.nodes,
    start: { ...flow.draft.nodes.start, exits: { next: 'hello' } },
    hello: node('play', 1, { sounds: [{ kind: 'prompt', prompt: prompt.id }] }, { next: 'queue' }),
    queue: node('queue', 2, { queue: queue.id }, { timed_out: 'end', full: 'end', nobody: 'end', after: 'end' }),
    end: node('hangup', 3, {}, {}),
  };
  const draft = { ...flow.draft, nodes };
  const saved = await owner.patch(`/v1/flows/${flow.id}`, { draft, revision: flow.revision });
  await owner.post(`/v1/flows/${flow.id}/publish`, { revision: saved.revision, note: 'First' });
  const shop = await owner.get('/v1/numbers/shop?limit=200');
  const number = await owner.post(`/v1/numbers/${shop.items[0].id}/claim`);
  await owner.patch(`/v1/numbers/${number.id}`, { flow: flow.id });
  return { number: number.e164, flow: flow.id, drawn: drawn.id };
}

/** Somebody waits, is answered, is written up; then the page of that call. */
async function served({ server, page, shot, owner, number }) {
  await open(page, server, '/desk');
  await phoneReady(page);
  const [lunch] = await owner.get('/v1/reason-codes');
  await owner.post('/v1/agents/me/state', { state: 'not_ready', reason: lunch.id });
  await owner.post('/v1/lab/ring', { number, persona: 'echo' });
  await until('a caller waits', async () => {
    const board = await owner.get('/v1/queues/live');
    return JSON.stringify(board).includes('"caller"');
  });
  await open(page, server, '/queues?tab=live');
  await shot(page, 'in-30-wallboard');
  await open(page, server, '/desk');
  await phoneReady(page);
  await step('state', async () => {
    await page
      .getByRole('button', { name: /state|Not ready/i })
      .first()
      .click({ timeout: 3_000 });
    await page.waitForTimeout(300);
    await shot(page, 'in-31-state');
    await page.keyboard.press('Escape');
  });
  await owner.post('/v1/agents/me/state', { state: 'ready' });
  await page.getByRole('button', { name: /^Answer/ }).click({ timeout: 20_000 });
  await page.locator('[data-state="talking"]').first().waitFor();
  await page.waitForTimeout(3_000);
  await shot(page, 'in-32-desk-talking');
  await page.getByRole('button', { name: /^(End|Cancel)/ }).click();
  await page.waitForTimeout(1_500);
  await shot(page, 'in-33-wrap-up');
  const [newest] = (await owner.get('/v1/calls?limit=1')).items;
  await until('the recording is ready', async () => {
    const { items } = await owner.get(`/v1/recordings?call=${newest.id}`);
    return items[0]?.state === 'ready';
  });
  await open(page, server, `/calls/${newest.id}`);
  await page.setViewportSize({ width: 1440, height: 1800 });
  await shot(page, 'in-34-call');
  await open(page, server, '/calls?outcome=answered&recorded=yes');
  await shot(page, 'in-35-calls-narrowed');
  await open(page, server, '/calls?party=99999999');
  await shot(page, 'in-36-calls-none');
}

const PAGES = {
  'in-01-flows': '/flows',
  'in-04-prompts': '/prompts',
  'in-10-queues': '/queues',
  'in-11-skills': '/queues?tab=skills',
  'in-12-reasons': '/queues?tab=reasons',
  'in-13-dispositions': '/queues?tab=dispositions',
  'in-14-agents': '/queues?tab=agents',
  'in-15-voicemail': '/voicemail',
  'in-16-callbacks': '/callbacks',
  'in-17-surveys': '/surveys',
  'in-40-keys': '/developers/keys',
  'in-41-webhooks': '/developers/webhooks',
  'in-42-events': '/developers/events',
  'in-43-reference': '/developers/reference?op=seat_create',
  'in-44-audit': '/audit',
  'in-45-departments': '/team?tab=departments',
  'in-46-roles': '/team?tab=roles',
  'in-47-company': '/settings?tab=company',
  'in-48-security': '/settings?tab=security',
};

/** `PATCHBAY_ALBUM_FROM=served` leaves the pages at rest out. */
const REST = process.env.PATCHBAY_ALBUM_FROM !== 'served';

export async function inbound({ server, shot, visit, wav }) {
  const { email, session, owner } = await newcomer(server, 'Wren Works', 'Iris Owen');
  await owner.post('/v1/seats', { member: session.me.member });
  const { page, context } = await visit();
  await signIn(page, server.url, email, PASSWORD, '/flows');
  const empty = ['flows', 'prompts', 'queues'].map((name) => [`in-00-${name}-empty`, `/${name}`]);
  for (const [name, path] of REST ? empty : []) {
    await open(page, server, path);
    await shot(page, name);
  }
  const made = await setUp(server, owner, session.me.member, wav);
  for (const [name, path] of REST ? Object.entries(PAGES) : [])
    await step(name, async () => {
      await open(page, server, path);
      await shot(page, name);
    });
  await step('flow', async () => {
    await open(page, server, `/flows/${made.drawn}`);
    await page.waitForTimeout(800);
    await shot(page, 'in-02-flow');
    await open(page, server, `/flows/${made.flow}`);
    await page.waitForTimeout(800);
    await shot(page, 'in-03-flow-small');
  });
  await step('served', () => served({ server, page, shot, owner, number: made.number }));
  await context.close();
}
