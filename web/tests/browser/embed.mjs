// A softphone on somebody else's page: nothing but a seat token and the public API, from another origin than the server's.
import { strict as assert } from 'node:assert';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { findings } from './looks.mjs';
import { hearsTone, launch, person } from './page.mjs';
import { client, startServer } from './server.mjs';

const DIST = process.env.PATCHBAY_DIST ?? join(import.meta.dirname, '../../dist');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** A site of its own that holds the page and knows nothing of the server. */
async function site(crm = () => '') {
  const server = createServer((ask, answer) => {
    const { pathname } = new URL(ask.url, 'http://site');
    if (pathname === '/crm.html') return answer.setHeader('Content-Type', 'text/html').end(crm());
    const file = join(DIST, normalize(pathname));
    if (!existsSync(file)) return answer.writeHead(404).end();
    answer.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(answer);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** A company with a seat, and a key that makes seat tokens. */
async function company(server) {
  const open = client(server.url);
  const session = await open.post('/v1/sign-up', {
    company: 'Aster',
    name: 'Olga Owner',
    email: 'olga@aster.example',
    password: 'correct horse 42',
  });
  const token = new URL(session.email_link).searchParams.get('token');
  await open.post('/v1/email-check', { token });
  const owner = open.as(session.access_token);
  const seat = await owner.post('/v1/seats', { label: 'Front desk', member: session.me.member });
  const made = await owner.post('/v1/api-keys', { name: 'CRM', scopes: ['seat_tokens:write'] });
  return { owner, seat, program: open.as(made.secret) };
}

export async function embed({ test, wav }) {
  const server = await startServer({ demo: true });
  let dialler = '';
  const crm = () => `<!doctype html><title>CRM</title><a href="tel:*43">Call the echo</a>${dialler}`;
  const [pages, stranger] = [await site(crm), await site()];
  const browser = await launch(wav);
  const { seat, program } = await company(server);
  const minted = await program.post(`/v1/seats/${seat.id}/tokens`, { origins: [pages.url], label: 'Test page' });
  const opened = async (at, secret) => {
    const visitor = await person(browser, at.url);
    await visitor.page.goto(`${at.url}/embed/softphone.html#token=${secret}&server=${server.url}`);
    return visitor;
  };
  try {
    await test('embed: a page with a seat token alone calls and is heard', async () => {
      const { page, context, errors } = await opened(pages, minted.secret);
      await page.locator('[data-line="ready"]').waitFor({ timeout: 15_000 });
      assert.equal(new URL(page.url()).hash, '', 'the token leaves the address bar');
      assert.deepEqual(await findings(page), []);
      await page.getByLabel('Number or extension').fill('*43');
      await page.getByRole('button', { name: 'Call', exact: true }).click();
      await page.locator('[data-state="talking"]').waitFor({ timeout: 15_000 });
      await hearsTone(page, 1000);
      assert.deepEqual(await findings(page), []);
      await page.getByRole('button', { name: 'End', exact: true }).click();
      await page.locator('[data-reason="hung_up_here"]').waitFor();
      assert.deepEqual(errors, []);
      await context.close();
    });

    await test('embed: a telephone link of any page calls by a small script, and the softphone answers by itself', async () => {
      const { page, context } = await opened(pages, minted.secret);
      await page.locator('[data-line="ready"]').waitFor({ timeout: 15_000 });
      dialler = `<script src="${server.url}/embed/dial.js" data-token="${minted.secret}"></script>`;
      const other = await context.newPage();
      await other.goto(`${pages.url}/crm.html`);
      await other.getByRole('link', { name: 'Call the echo' }).click();
      await page.locator('[data-state="talking"]').waitFor({ timeout: 15_000 });
      await hearsTone(page, 1000);
      await page.getByRole('button', { name: 'End', exact: true }).click();
      await context.close();
    });

    await test('embed: a page that the token does not name gets nothing', async () => {
      const { page, context } = await opened(stranger, minted.secret);
      await page.getByRole('alert').waitFor({ timeout: 15_000 });
      assert.match(await page.getByRole('alert').textContent(), /may not be used by this page/);
      await context.close();
    });

    await test('embed: a revoked token ends the telephone', async () => {
      const { page, context } = await opened(pages, minted.secret);
      await page.locator('[data-line="ready"]').waitFor({ timeout: 15_000 });
      await program.delete(`/v1/seat-tokens/${minted.token.id}`);
      await page.locator('[data-line="reconnecting"], [data-line="refused"]').waitFor({ timeout: 20_000 });
      await page.reload();
      await page.waitForTimeout(500);
      assert.equal(await page.locator('[data-line="ready"]').count(), 0);
      await context.close();
    });
  } finally {
    await browser.close();
    pages.stop();
    stranger.stop();
    await server.stop();
  }
}
