// Looks at a page in both themes, three languages and two widths: a picture where wanted, no finding of axe, nothing wider than the page.
import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findings } from './looks.mjs';

const PICTURES = process.env.PATCHBAY_PICTURES;
const LOOKS = [
  ['light', 'en', 1440],
  ['dark', 'zh-Hans', 1440],
  ['dark', 'en', 390],
  ['light', 'zh-Hant', 390],
];

/** As another tab would: the product follows a language chosen elsewhere. */
const speak = (page, language) =>
  page.evaluate((chosen) => {
    localStorage.setItem('patchbay.language', chosen);
    dispatchEvent(new StorageEvent('storage', { key: 'patchbay.language', newValue: chosen }));
  }, language);

/** `seen(page, name)` for one suite. */
export function eyes(suite) {
  return async (page, name) => {
    for (const [theme, language, width] of LOOKS) {
      await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
      await page.emulateMedia({ colorScheme: theme });
      await speak(page, language);
      await page.waitForTimeout(400);
      // What fades has not the contrast of what stands.
      await page.waitForFunction(() => !document.querySelector('[data-ending-style], [data-starting-style]'));
      if (PICTURES) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `${suite}-${name}.${width}.${theme}.${language}.png`) });
      }
      assert.deepEqual(await findings(page), [], `${name} ${theme} ${language} ${width}`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(sideways <= 0, `${name} is ${sideways} px wider than ${width}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
    await speak(page, 'en');
    await page.waitForTimeout(300);
  };
}
