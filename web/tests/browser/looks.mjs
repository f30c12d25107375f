// Every page, light and dark, three languages: no accessibility finding, no request to a third party, a picture to look at.
import { strict as assert } from 'node:assert';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch, person, signIn } from './page.mjs';
import { client, startServer } from './server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env.PATCHBAY_PICTURES;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PASSWORD = 'correct horse 42';

export const INSIDE = [
  '/set-up',
  '/desk',
  '/calls',
  '/calls?outcome=failed&recorded=no',
  '/voicemail',
  '/callbacks',
  '/surveys',
  '/numbers',
  '/numbers?shop=1',
  '/flows',
  '/prompts',
  '/gateway-ports',
  '/gateway-ports/rack',
  '/gateway-ports/rack',
  '/queues',
  '/queues?tab=live',
  '/queues?tab=skills',
  '/team',
  '/team?tab=seats',
  '/team?tab=departments',
  '/team?tab=roles',
  '/developers/keys',
  '/developers/webhooks',
  '/developers/events',
  '/developers/reference',
  '/developers/reference?op=seat_create',
  '/billing',
  '/audit',
  '/settings',
  '/settings?tab=company',
  '/settings?tab=security',
];
export const OUTSIDE = ['/sign-in', '/sign-up', '/forgot-password', '/reset-password?token=x', '/operator/sign-in'];
export const OPERATOR = [
  '/operator',
  '/operator/gateways',
  '/operator/gateways/new',
  '/operator/price-lists',
  '/operator/unrated-calls',
  '/operator/numbers',
  '/operator/companies',
  '/operator/sites',
  '/operator/pending-links',
  '/operator/match',
  '/operator/jobs',
  '/operator/audit',
];

/** What axe finds wrong with the page as it stands, without movement: half way through a fade, colours are nobody's. */
export async function findings(page) {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(axe);
  const found = await page.evaluate(async (tags) => {
    const result = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(', ')}`);
  }, RULES);
  await page.emulateMedia({ reducedMotion: null });
  return found;
}

async function look(page, url, path, theme, language) {
  await page.goto(`${url}${path}`);
  await page.locator('main, form').first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.waitForTimeout(350);
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    const name = `${path.replace(/^\//, '').replace(/[/?=]/g, '-') || 'home'}.${theme}.${language}.png`;
    await page.screenshot({ path: join(PICTURES, name) });
  }
  return (await findings(page)).map((finding) => `${path}: ${finding}`);
}

export async function looks({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  const open = client(server.url);
  const email = 'iris@wren.example';
  await open.post('/v1/sign-up', {
    company: 'Wren Works',
    name: 'Iris Owner',
    email,
    password: PASSWORD,
    country: 'US',
  });
  const combinations = [
    ['light', 'en'],
    ['dark', 'en'],
    ['light', 'zh-Hans'],
    ['dark', 'zh-Hant'],
  ];
  try {
    // All at once: most of the time a page is waited for, not worked on.
    const looked = combinations.map(([theme, language]) =>
      test(`every page is accessible: ${theme}, ${language}`, async () => {
        const { context, page, foreign } = await person(browser, server.url, { colorScheme: theme });
        await context.addInitScript((chosen) => localStorage.setItem('patchbay.language', chosen), language);
        const found = [];
        for (const path of OUTSIDE) found.push(...(await look(page, server.url, path, theme, language)));
        await signIn(page, server.url, email, PASSWORD, '/set-up');
        for (const path of INSIDE) found.push(...(await look(page, server.url, path, theme, language)));
        await operatorSignIn(page, server);
        for (const path of OPERATOR) found.push(...(await look(page, server.url, path, theme, language)));
        assert.deepEqual(found, []);
        assert.deepEqual(foreign, [], 'no request leaves for a third party');
        await context.close();
      }, 400_000),
    );
    await Promise.all(looked);
  } finally {
    await browser.close();
    await server.stop();
  }
}

export async function operatorSignIn(page, server) {
  const status = await page.evaluate(
    async (body) =>
      (
        await fetch('/v1/operator/sign-in', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Patchbay': '1' },
          body: JSON.stringify(body),
        })
      ).status,
    { email: 'operator@patchbay.local', password: server.operatorPassword() },
  );
  assert.equal(status, 200);
}
