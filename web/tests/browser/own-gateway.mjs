// A company racks a gateway of its own, brings a number by answering a call with a code, and telephones over it both ways; the
// operator sees the box and stops it. The simulator plays the box and whoever answers at the number.
import { strict as assert } from 'node:assert';
import { eyes } from './eyes.mjs';
import { hearsTone, launch, person, phoneReady, signIn } from './page.mjs';
import { client, operatorOf, startServer, until } from './server.mjs';
import { dial, stateIs } from './stage.mjs';

const PASSWORD = 'correct horse 42';
const NUMBER = '+12065550123';
const ECHO = '+12025550143';
const seen = eyes('own-gateway');

export async function ownGateway({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  const open = client(server.url);
  const email = 'rhea@rowan.example';
  const ask = { company: 'Rowan', name: 'Rhea Owner', email, password: PASSWORD, country: 'US' };
  const session = await open.post('/v1/sign-up', ask);
  const owner = open.as(session.access_token);
  const seat = await owner.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  const { page, errors, foreign } = await person(browser, server.url);
  await signIn(page, server.url, email, PASSWORD, '/gateway-ports');
  const button = (name, within = page) => within.getByRole('button', { name, exact: typeof name === 'string' }).first();
  const dialog = page.locator('[role="dialog"]:not([aria-modal="false"])');
  try {
    await test('own gateway: it is racked by hand, and its light turns green', async () => {
      await page.getByText('You have racked no gateway of your own').waitFor();
      await seen(page, 'none');
      await page.getByRole('link', { name: 'Rack a gateway' }).click();
      await button('Next').click();
      await page
        .getByText(/Kestrel FXO/)
        .first()
        .click();
      await seen(page, 'box');
      await button('Next').click();
      await page.getByLabel('Name of the site', { exact: true }).fill('Head office');
      await page.getByLabel('Street and house', { exact: true }).fill('1 Main Street');
      await seen(page, 'place');
      await button('Add a site').click();
      await page.getByLabel('Name of the gateway', { exact: true }).fill('Office box');
      await button('Next').click();
      await page.getByRole('switch', { name: 'The simulator plays it' }).click();
      await seen(page, 'connection');
      await button('Rack it').click();
      await page.getByText('The gateway is here').first().waitFor({ timeout: 30_000 });
      await seen(page, 'accounts');
      await page.getByRole('link', { name: 'To the gateways' }).click();
      await page.getByRole('heading', { name: 'Office box' }).waitFor();
      const [gateway] = await owner.get('/v1/gateways');
      assert.deepEqual([gateway.simulated, gateway.site_name, gateway.light], [true, 'Head office', 'online']);
    }, 120_000);

    await test('own gateway: a number is brought by keying in the code on the telephone that rings', async () => {
      await button('Add a number to Line 1').click();
      await dialog.getByLabel('Number', { exact: true }).fill('+44 20 7946 0018');
      await button('Get the code', dialog).click();
      await dialog.getByText('Of another country than the site').waitFor();
      await dialog.getByLabel('Number', { exact: true }).fill('+1 206 555 0123');
      await button('Get the code', dialog).click();
      const code = await dialog.getByTestId('code').textContent();
      await dialog.getByLabel('Keys', { exact: true }).fill(code.trim());
      await button('Wait for the call', dialog).click();
      await dialog.getByText(`It will answer and press ${code.trim()}`).waitFor();
      await seen(page, 'code');
      await button(/^Call /, dialog).click();
      await dialog.getByText(/is yours$/).waitFor({ timeout: 40_000 });
      await seen(page, 'passed');
      const [number] = (await owner.get('/v1/numbers')).items;
      assert.deepEqual([number.e164, number.own, number.gateway_label], [NUMBER, true, 'Office box']);
      await owner.patch(`/v1/numbers/${number.id}`, { destination_kind: 'seat', destination_seat: seat.id });
      await dialog.getByRole('link', { name: 'To the numbers' }).click();
      await page.getByText('Office box').first().waitFor();
    }, 120_000);

    await test('own gateway: calls come in and go out over it, with audio both ways', async () => {
      const [{ gateway_ports: ports }] = await owner.get('/v1/gateways');
      await page.goto(`${server.url}/desk`);
      await phoneReady(page);
      await owner.post('/v1/lab/ring', { number: NUMBER, persona: 'echo' });
      await button(/^Answer/).click();
      await stateIs(page, 'talking');
      await hearsTone(page, 1000);
      await button(/^End/).click();
      await page.locator('[data-reason="hung_up_here"]').waitFor();
      const inbound = await until('the record of the call in', async () =>
        (await owner.get('/v1/calls')).items.find((one) => one.direction === 'inbound' && one.ended_at),
      );
      assert.equal(inbound.called, NUMBER);
      await dial(page, ECHO);
      await stateIs(page, 'talking');
      await hearsTone(page, 1000);
      await button(/^End/).click();
      const outbound = await until('the record of the call out', async () =>
        (await owner.get('/v1/calls')).items.find((one) => one.direction === 'outbound' && one.ended_at),
      );
      const { legs } = await owner.get(`/v1/calls/${outbound.id}`);
      const lines = legs.map((leg) => leg.gateway_port).filter(Boolean);
      assert.deepEqual(lines, [ports[0].id], 'the own line carried it');
    }, 90_000);

    await test('own gateway: the operator sees it and stops it', async () => {
      const operator = await operatorOf(server);
      const box = (await operator.get('/v1/operator/gateways')).find((one) => one.company === 'Rowan');
      await operator.patch(`/v1/operator/gateways/${box.id}`, { suspended: true, suspended_reason: 'Complaints' });
      await page.goto(`${server.url}/gateway-ports`);
      await page.getByText('Stopped by the operator: Complaints').waitFor();
      await seen(page, 'stopped');
      const refused = await owner.post('/v1/calls', { called: ECHO, seat: seat.id }).catch((why) => why);
      assert.ok(refused instanceof Error, 'no call takes it');
      await operator.patch(`/v1/operator/gateways/${box.id}`, { suspended: false });
    }, 60_000);
    assert.deepEqual([foreign, errors.filter((one) => !/status of (409|422)/.test(one))], [[], []]);
  } finally {
    await browser.close();
    await server.stop();
  }
}
