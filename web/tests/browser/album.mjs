// Every page and state of the product in both themes, three languages and two widths, each held against axe and to be looked at by a
// person:
// PATCHBAY_ALBUM=folder node tests/browser/run.mjs --suite album [outside|owner|inbound|roles|operator]
import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { outside, owner, roles } from './album-company.mjs';
import { inbound } from './album-inbound.mjs';
import { operator } from './album-operator.mjs';
import { findings } from './looks.mjs';
import { launch, person } from './page.mjs';
import { startServer } from './server.mjs';

const FOLDER = process.env.PATCHBAY_ALBUM;
const WIDTHS = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const ALL = ['light-en', 'dark-zh-Hans', 'dark-en', 'light-zh-Hans', 'light-zh-Hant', 'dark-zh-Hant'].map((one) => {
  const [theme, ...language] = one.split('-');
  return { theme, language: language.join('-') };
});

/** As another tab would: the product follows a language chosen elsewhere. */
const speak = (page, language) =>
  page.evaluate((chosen) => {
    localStorage.setItem('patchbay.language', chosen);
    dispatchEvent(new StorageEvent('storage', { key: 'patchbay.language', newValue: chosen }));
  }, language);

/** Photographs the page as it stands, in every theme, language and width, and leaves it as it was. */
function camera(faults) {
  return async (page, name) => {
    for (const [at, size] of Object.entries(WIDTHS)) {
      await page.setViewportSize(size);
      for (const { theme, language } of ALL) {
        await page.emulateMedia({ colorScheme: theme });
        await speak(page, language);
        await page.waitForTimeout(220);
        await page.screenshot({ path: join(FOLDER, `${name}.${at}.${theme}.${language}.png`) });
        for (const finding of await findings(page)) faults.push(`${name} ${at} ${theme} ${language}: ${finding}`);
      }
    }
    await page.setViewportSize(WIDTHS.wide);
    await page.emulateMedia({ colorScheme: 'light' });
    await speak(page, 'en');
    await page.waitForTimeout(120);
  };
}

export async function album({ test, wav }) {
  if (!FOLDER) throw new Error('PATCHBAY_ALBUM names no folder');
  mkdirSync(FOLDER, { recursive: true });
  const parts = { outside, owner, inbound, roles, operator };
  for (const [name, part] of Object.entries(parts)) {
    await test(`album: ${name}`, async () => {
      const server = await startServer({ demo: true });
      const browser = await launch(wav);
      const faults = [];
      try {
        await part({ server, wav, shot: camera(faults), visit: () => person(browser, server.url) });
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        await server.stop();
      }
    }, 2_700_000);
  }
}
