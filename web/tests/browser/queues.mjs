// Queues, skills, reason codes and dispositions, made and changed by hand, each state held against axe.
import { strict as assert } from 'node:assert';
import { eyes } from './eyes.mjs';
import { launch, person, signIn } from './page.mjs';
import { client, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';
const seen = eyes('queues');

export async function queues({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  const open = client(server.url);
  const email = 'quinn@alder.example';
  const session = await open.post('/v1/sign-up', { company: 'Alder', name: 'Quinn Owner', email, password: PASSWORD });
  const owner = open.as(session.access_token);
  const { page, errors, foreign } = await person(browser, server.url);
  await signIn(page, server.url, email, PASSWORD, '/queues');
  const button = (name, within = page) => within.getByRole('button', { name, exact: true }).first();
  const dialog = page.locator('[role="dialog"]:not([aria-modal="false"])');
  const choose = async (label, option) => {
    await dialog.getByLabel(label, { exact: true }).first().click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  const tab = (name) => button(name).click();
  const name = async (text) => dialog.getByLabel('Name', { exact: true }).fill(text);
  const there = async (text) => {
    await page.getByText(`${text} is there`).first().waitFor();
    await dialog.waitFor({ state: 'detached' });
  };
  try {
    await test('queues: a skill, and a queue that asks for it, are made by hand', async () => {
      await page.getByText('There is no queue yet').waitFor();
      await seen(page, 'queues-empty');
      await tab('Skills');
      await button('Add skill').click();
      await name('French');
      await choose('Level of Quinn Owner', '4 Very good');
      await seen(page, 'skill-form');
      await button('Add skill', dialog).click();
      await there('French');
      await page.getByText('Quinn Owner 4').first().waitFor();
      await tab('Queues');
      await button('Add queue').click();
      await name('Sales');
      await button('Add a requirement', dialog).click();
      await choose('Least level', '3');
      await dialog.getByRole('checkbox').first().check();
      await dialog.getByLabel('Longest wait (s)', { exact: true }).fill('300');
      await seen(page, 'queue-form');
      await button('Add queue', dialog).click();
      await there('Sales');
      const [queue] = await owner.get('/v1/queues');
      assert.equal(queue.max_wait_s, 300);
      assert.equal(queue.members.length, 1);
      assert.deepEqual([queue.skills[0].level, queue.skills[0].after_s], [3, 0]);
      await page.getByText('French 3').first().waitFor();
      await seen(page, 'queues');
    });

    await test('queues: reason codes and dispositions are made, and a skill in use stays', async () => {
      await tab('Reason codes');
      await button('Add reason code').click();
      await name('Lunch');
      await dialog.getByLabel('Too long after (minutes)', { exact: true }).fill('45');
      await button('Add reason code', dialog).click();
      await there('Lunch');
      await page.getByText('45 minutes').first().waitFor();
      await tab('Dispositions');
      await button('Add disposition').click();
      await name('Sold');
      await choose('Offered in', 'Sales');
      await button('Add disposition', dialog).click();
      await there('Sold');
      await seen(page, 'dispositions');
      await tab('Skills');
      await button('More for French').click();
      await page.getByRole('menuitem', { name: 'Remove', exact: true }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByText('A queue asks for this skill. Change that first').waitFor();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    });
    // A refusal that the page shows is no fault of it.
    assert.deepEqual([foreign, errors.filter((one) => !/status of (409|422)/.test(one))], [[], []]);
  } finally {
    await browser.close();
    await server.stop();
  }
}
