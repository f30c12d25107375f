// Before the owner has confirmed the e-mail address: simulated lines only, and words that say how to open the others.
import { strict as assert } from 'node:assert';
import { agent, bothWays, CUSTOMER, dial, endedWith, hangUpHere, lastRecord, outgoing, play } from './stage.mjs';

const LANGUAGES = [
  ['en', /confirm/i, 'Confirm the e-mail'],
  ['zh-Hans', /验证/, '验证邮箱'],
  ['zh-Hant', /驗證/, '驗證電子郵件'],
];

async function refused(current, [language, words, button]) {
  const { page, context } = await agent(current, { language });
  await dial(page, CUSTOMER);
  await endedWith(page, 'email_unverified');
  assert.match(await page.locator('[data-reason]').textContent(), words);
  await page.getByRole('link', { name: button }).click();
  await page.waitForURL(/\/set-up/);
  await context.close();
}

export async function trial(suite) {
  await play(suite, { verify: false }, (test, current) => {
    for (const one of LANGUAGES) {
      test(`before the e-mail is confirmed a real line stays closed, told in ${one[0]}`, () => refused(current, one));
    }

    test('the record of the refused call says why, and nothing reached the gateway', async () => {
      const { summary } = await lastRecord(current.scene.owner);
      assert.equal(summary.cause, 'email_unverified');
      assert.match(summary.detail, /Kestrel.*Confirm your e-mail/);
      assert.equal(current.scene.far.events.filter((one) => one.event === 'incoming').length, 0);
    });

    test('once it is confirmed the same call goes through', async () => {
      await current.scene.confirm();
      const { page, context } = await agent(current);
      await outgoing(page, current.scene);
      await bothWays(page, current.scene.far);
      await hangUpHere(page, current.scene);
      await context.close();
    });
  });
}
