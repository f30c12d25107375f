// A flow from a template to a live number: drawn, listed, tried out, kept from breaking, published, rolled back, argued over.
import { strict as assert } from 'node:assert';
import { eyes } from './eyes.mjs';
import { launch, person, signIn } from './page.mjs';
import { freePort, operatorOf, startServer, until } from './server.mjs';
import { company, rack } from './stage.mjs';

const PASSWORD = 'correct horse 42';

export async function flows({ test, wav }) {
  const server = await startServer();
  const browser = await launch(wav);
  try {
    const operator = await operatorOf(server);
    const { owner, email } = await company(server, operator, await rack(operator, await freePort()));
    const { page, foreign, errors } = await person(browser, server.url);
    const seen = eyes('flows');
    const button = (name, where = page) => where.getByRole('button', { name, exact: true });
    const dialog = page.getByRole('dialog');
    const step = (name) => page.locator(`.react-flow__node[data-id="${name}"]`);
    const inspector = page.getByRole('complementary', { name: 'Settings' });
    const palette = page.getByRole('navigation', { name: 'Steps' });
    const saved = () => page.getByText(/^Saved \d/).waitFor();
    const open = async (path) => {
      await page.goto(`${server.url}${path}`);
      await page.locator('[data-view]').waitFor();
    };
    const toast = (text) => page.getByText(text).first().waitFor();
    let id = '';
    const flow = () => owner.get(`/v1/flows/${id}`);

    await test('flows: a flow is made from a template', async () => {
      await signIn(page, server.url, email, PASSWORD, '/flows');
      await page.getByText('You have no flow yet').waitFor();
      await seen(page, 'empty');
      await button('New flow').click();
      await dialog.getByLabel('Name', { exact: true }).fill('Main line');
      await dialog.getByRole('radio', { name: /Hours and menu/ }).check();
      await seen(page, 'make');
      await button('Make the flow', dialog).click();
      await page.waitForURL(/\/flows\/flow_/);
      id = new URL(page.url()).pathname.split('/').at(-1);
      await step('menu').waitFor();
    });

    await test('flows: a problem leads to its step, and a choice in the inspector ends it', async () => {
      const problems = page.getByRole('region', { name: 'Problems' });
      await problems.getByText(/block publishing/).waitFor();
      await seen(page, 'problems');
      for (const name of ['sales', 'support']) {
        await step(name).click();
        await inspector.getByRole('button', { name: 'Add', exact: true }).first().click();
        await inspector.getByLabel('Which seat', { exact: true }).fill('Olive');
        await page.getByRole('option', { name: /Olive Owner/ }).click();
      }
      await until('nothing blocks', async () => (await flow()).is_sound);
      await problems.getByText('No problem found').waitFor();
    });

    await test('flows: a queue and a recording are chosen by their names', async () => {
      const [me] = await owner.get('/v1/members');
      const queue = await owner.post('/v1/queues', { name: 'Sales desk', members: [me.id] });
      const prompt = await owner.post('/v1/prompts', { name: 'Greeting' });
      const choose = async (kind, field, name) => {
        await palette.getByRole('button', { name: kind, exact: true }).click();
        await step(kind.toLowerCase()).waitFor();
        await inspector.getByLabel(field, { exact: true }).last().fill(name.slice(0, 5));
        await page.getByRole('option', { name }).click();
        await step(kind.toLowerCase()).getByText(name).waitFor();
      };
      await choose('Queue', 'Queue', 'Sales desk');
      await choose('Play', 'Recording', 'Greeting');
      await seen(page, 'chosen');
      await until('both are stored', async () => {
        const { nodes } = (await flow()).draft;
        const sound = nodes.play?.settings.sounds[0];
        return nodes.queue?.settings.queue === queue.id && sound?.prompt === prompt.id;
      });
      for (const name of ['queue', 'play']) {
        await step(name).click();
        await page.keyboard.press('Delete');
        await step(name).waitFor({ state: 'detached' });
      }
      await until('both are gone', async () => (await flow()).is_sound);
    });

    await test('flows: a step goes on a way from the keyboard, by a press and by hand', async () => {
      const before = Object.keys((await flow()).draft.nodes).length;
      const insert = page.getByRole('button', { name: /^Insert a step on Incoming call, Next/ });
      await insert.focus();
      await page.keyboard.press('Enter');
      await dialog.getByRole('searchbox').fill('blocklist');
      await page.keyboard.press('Enter');
      await step('blocklist').waitFor();
      await palette.getByRole('button', { name: 'Say', exact: true }).click();
      await step('say').waitFor();
      const pane = page.locator('.react-flow__pane');
      await palette
        .getByRole('button', { name: 'Voicemail', exact: true })
        .dragTo(pane, { targetPosition: { x: 60, y: 60 } });
      await step('voicemail').waitFor();
      await saved();
      const { draft } = await until('the draft is stored', async () => {
        const now = await flow();
        return Object.keys(now.draft.nodes).length === before + 3 ? now : null;
      });
      assert.equal(draft.nodes.start.exits.next, 'blocklist');
      assert.equal(draft.nodes.blocklist.exits.allowed, 'hours', 'what followed comes after the new step');
    });

    await test('flows: everything is undone and done again by keys', async () => {
      const nodes = async () => Object.keys((await flow()).draft.nodes).length;
      const now = await nodes();
      await step('voicemail').click();
      await page.keyboard.press('Delete');
      await until('it is gone', async () => (await nodes()) === now - 1);
      await page.locator('body').press('Control+z');
      await until('it is back', async () => (await nodes()) === now);
      await page.locator('body').press('Control+Shift+z');
      await until('it is gone again', async () => (await nodes()) === now - 1);
      await page.locator('body').press('Control+z');
      await page.locator('body').press('Control+z');
      await page.locator('body').press('Control+z');
      await page.locator('body').press('Control+z');
      await until('as after the choices', async () => (await flow()).is_sound);
    });

    await test('flows: steps are copied and pasted, and tidied up', async () => {
      await step('closed').click();
      await page.keyboard.press('Control+c');
      await page.keyboard.press('Control+v');
      await step('say').waitFor();
      await button('Tidy up').click();
      await seen(page, 'canvas');
      await page.locator('body').press('Control+z');
      await page.locator('body').press('Control+z');
      await step('say').waitFor({ state: 'detached' });
    });

    await test('flows: a way is drawn by hand from joint to joint', async () => {
      await button('Show all').click();
      await page.waitForTimeout(500);
      const from = step('hours').locator('.react-flow__handle[data-handleid="closed"]');
      const to = step('bye').locator('.react-flow__handle.target');
      const [a, b] = [await from.boundingBox(), await to.boundingBox()];
      await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
      await page.mouse.down();
      await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 12 });
      await page.mouse.up();
      await until('it leads there', async () => (await flow()).draft.nodes.hours.exits.closed === 'bye');
      await page.locator('body').press('Control+z');
      await until('and back', async () => (await flow()).draft.nodes.hours.exits.closed === 'closed');
    });

    await test('flows: the outline does the same without drawing', async () => {
      await button('Outline').click();
      await button('Insert a step: After Incoming call, Next').click();
      await dialog.getByRole('searchbox').fill('consent');
      await page.keyboard.press('Enter');
      await inspector.getByLabel('Name of the step').fill('May we record?');
      await inspector.getByLabel('Words to speak').fill('This call is recorded. Press 2 if you do not agree.');
      await inspector.getByLabel('Where “Refused” leads').click();
      await page.getByRole('option', { name: /Business hours/ }).click();
      await seen(page, 'outline');
      const { draft } = await until('it is stored', async () => {
        const now = await flow();
        return now.is_sound && now.draft.nodes.consent?.exits.refused === 'hours' ? now : null;
      });
      assert.equal(draft.nodes.consent.label, 'May we record?');
      await button('Canvas').click();
    });

    await test('flows: a call is played: what is heard, the way it takes, a step back', async () => {
      await button('Simulate').click();
      const call = page.getByRole('region', { name: 'Try a call' });
      await button('Who calls, and when', call).click();
      await dialog.getByLabel('Time of the call (UTC)').fill('2026-01-07T12:00');
      await page.keyboard.press('Escape');
      await call.getByText('This call is recorded.').waitFor();
      const keypad = call.getByRole('group', { name: 'Keypad' });
      await button('1', keypad).click();
      await call.getByText('Thank you for calling.').waitFor();
      await step('menu').locator('[data-trail="here"]').or(step('welcome').locator('[data-trail="here"]')).waitFor();
      await button('1', keypad).click();
      await button('1', keypad).click();
      await call.getByText(/Rings Olive Owner/).waitFor();
      await seen(page, 'simulate');
      await button('One step back', call).click();
      await call.getByText(/Rings Olive Owner/).waitFor({ state: 'detached' });
      await button('1', keypad).click();
      await call.getByText(/Rings Olive Owner/).waitFor();
      await button('Keep as sample call', call).click();
      await dialog.getByLabel('Name', { exact: true }).fill('Key 1 reaches sales');
      await seen(page, 'keep');
      await button('Keep', dialog).click();
      await toast('Key 1 reaches sales kept');
      await button('End the simulation', call).click();
      assert.deepEqual((await flow()).verdicts, [{ name: 'Key 1 reaches sales', faults: [] }]);
    });

    await test('flows: a draft that breaks a sample call is not published, and the page says which', async () => {
      await step('menu').click();
      const way = inspector.getByRole('combobox', { name: 'Where “1” leads' });
      await way.click();
      await page.getByRole('option', { name: /^Hang up/ }).click();
      await until('the sample call fails', async () => !(await flow()).is_sound);
      await button('Review and publish').click();
      await dialog.getByText(/Sample call “Key 1 reaches sales” fails/).waitFor();
      await seen(page, 'blocked');
      assert.equal(await button('Publish', dialog).getAttribute('aria-disabled'), 'true');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.locator('body').press('Control+z');
      await until('it passes again', async () => (await flow()).is_sound);
    });

    await test('flows: it is published with a note and a number leads to it', async () => {
      await button('Review and publish').click();
      await dialog.getByLabel('What and why').fill('The first menu');
      await button('Publish', dialog).click();
      await toast('Version 1 is live');
      assert.equal((await flow()).live, 1);
      await page.goto(`${server.url}/numbers`);
      await page.getByRole('combobox', { name: /routes to/ }).click();
      await page.getByRole('option', { name: 'Main line', exact: true }).click();
      await until('the number leads there', async () => (await flow()).numbers.length === 1);
      await seen(page, 'numbers');
      await page.goto(`${server.url}/flows`);
      await page.getByRole('row', { name: /Main line.*Version 1 live/ }).waitFor();
      await seen(page, 'list');
    });

    await test('flows: a second version shows what changed, and the first comes back with a press', async () => {
      await open(`/flows/${id}`);
      await step('bye').click();
      await inspector.getByLabel('Name of the step').fill('Farewell');
      await saved();
      await button('Review and publish').click();
      await dialog.getByText('Farewell').waitFor();
      await button('Publish', dialog).click();
      await toast('Version 2 is live');
      await button('Versions').click();
      await seen(page, 'versions');
      await button('Make it live', dialog).click();
      await toast('Version 1 is live');
      assert.equal((await flow()).live, 1);
      await page.keyboard.press('Escape');
    });

    await test('flows: whoever saves second hears who was first, and chooses', async () => {
      await open(`/flows/${id}`);
      await step('bye').click();
      // The page is not told in time: its event socket is cut off.
      await page.context().setOffline(false);
      const now = await flow();
      const label = inspector.getByLabel('Name of the step');
      await label.fill('Mine');
      const theirs = structuredClone(now.draft);
      theirs.nodes.welcome.label = 'Theirs';
      await owner.patch(`/v1/flows/${id}`, { draft: theirs, revision: now.revision });
      await dialog.getByText('Somebody else changed this draft').waitFor();
      await seen(page, 'conflict');
      await button('Keep mine', dialog).click();
      const kept = await until('mine is stored', async () => {
        const found = await flow();
        return found.draft.nodes.bye.label === 'Mine' ? found : null;
      });
      assert.equal(kept.draft.nodes.welcome.label ?? '', '', 'the name that they gave is gone');
    });

    await test('flows: the server takes every kind of step as the palette makes it', async () => {
      const made = await owner.post('/v1/flows', { name: 'Everything', starter: 'blank' });
      await open(`/flows/${made.id}`);
      await button('Hang up', palette).waitFor();
      const names = await palette.getByRole('button').allTextContents();
      assert.ok(names.length >= 20);
      for (const name of names) {
        await page.keyboard.press('Escape');
        await button(name.trim(), palette).click();
      }
      const { findings, draft } = await until('all are stored', async () => {
        const now = await owner.get(`/v1/flows/${made.id}`);
        return Object.keys(now.draft.nodes).length >= names.length + 2 ? now : null;
      });
      assert.ok(Object.keys(draft.nodes).length >= names.length);
      assert.deepEqual(
        findings.filter((one) => ['stray_exit', 'lost_exit'].includes(one.code)),
        [],
      );
    });

    await test('flows: on a phone the drawing is to look at and the outline to work with', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open(`/flows/${id}`);
      await page.locator('[data-step="menu"]').click();
      await dialog.getByLabel('Name of the step').fill('Choices');
      await until('it is stored', async () => (await flow()).draft.nodes.menu.label === 'Choices');
      await page.keyboard.press('Escape');
      await button('Canvas').click();
      await step('menu').waitFor();
      assert.equal(await page.locator('.flow-insert').count(), 0);
      await page.setViewportSize({ width: 1440, height: 900 });
    });

    await test('flows: a copy is made, and a flow is deleted with a way back', async () => {
      await page.goto(`${server.url}/flows`);
      await button('More for Everything').click();
      await page.getByRole('menuitem', { name: 'Duplicate' }).click();
      await page.waitForURL(/\/flows\/flow_/);
      await page.goto(`${server.url}/flows`);
      const rows = page.getByRole('row', { name: /Everything/ });
      await until('both are there', async () => (await rows.count()) === 2);
      await button('More for Copy of Everything').click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await until('it is out of sight', async () => (await rows.count()) === 1);
      await button('Undo').click();
      await until('it is back', async () => (await rows.count()) === 2);
      await button('More for Copy of Everything').click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('link', { name: 'Desk' }).first().click();
      await until('it is gone', async () => (await owner.get('/v1/flows')).length === 2);
    });

    // A refusal that the page shows is no fault of it.
    assert.deepEqual([foreign, errors.filter((one) => !/status of (404|409|422)/.test(one))], [[], []]);
  } finally {
    await browser.close();
    await server.stop();
  }
}
