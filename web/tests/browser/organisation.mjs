// Who belongs where, who may what, who sees whom: by hand, in the pages of the team, each state held against axe.
import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { eyes } from './eyes.mjs';
import { launch, person, signIn } from './page.mjs';
import { client, operatorOf, startServer } from './server.mjs';

const PASSWORD = 'correct horse 42';
const seen = eyes('organisation');

/** As an authenticator program makes it. Source: RFC 6238. */
function oneTimeCode(secret) {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits
    .join('')
    .match(/.{8}/g)
    .map((byte) => Number.parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const tag = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const at = tag[19] & 0x0f;
  return String((tag.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Somebody who accepted an invitation. */
async function joined(open, owner, name, role) {
  const email = `${name.toLowerCase().split(' ')[0]}@linden.example`;
  const { link } = await owner.post('/v1/invitations', { email, role });
  const token = new URL(link).searchParams.get('token');
  const session = await open.post(`/v1/invitations/by-token/accept?token=${token}`, { name, password: PASSWORD });
  return { email, member: session.me.member };
}

export async function organisation({ test, wav }) {
  const server = await startServer({ demo: true });
  const browser = await launch(wav);
  const open = client(server.url);
  const email = 'nora@linden.example';
  const session = await open.post('/v1/sign-up', { company: 'Linden', name: 'Nora Owner', email, password: PASSWORD });
  let owner = open.as(session.access_token);
  const ann = await joined(open, owner, 'Ann Field', 'agent');
  const bob = await joined(open, owner, 'Bob Stone', 'agent');
  const { page, errors, foreign } = await person(browser, server.url);
  await signIn(page, server.url, email, PASSWORD, '/team?tab=departments');
  const button = (name, within = page) => within.getByRole('button', { name, exact: true }).first();
  // Toasts are dialogs too, which stop nobody.
  const dialog = page.locator('[role="dialog"]:not([aria-modal="false"])');
  const choose = async (label, option) => {
    await dialog.getByLabel(label, { exact: true }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  const more = async (name, item) => {
    await button(`More for ${name}`).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  try {
    await test('organisation: a tree is grown, moved, undone and cut by hand', async () => {
      await page.getByText('There is no department yet').waitFor();
      await seen(page, 'empty');
      for (const [name, above] of [
        ['Sales', 'At the top'],
        ['East', 'Sales'],
        ['Care', 'At the top'],
      ]) {
        await button('Add department').click();
        await dialog.getByLabel('Name', { exact: true }).fill(name);
        if (above !== 'At the top') await choose('Below', above);
        await button('Add department', dialog).click();
        await page.getByText(`${name} is there`).first().waitFor();
        await dialog.waitFor({ state: 'detached' });
      }
      await more('Care', 'Rename or move');
      await dialog.getByLabel('Name', { exact: true }).fill('Support');
      await seen(page, 'department-form');
      await button('Save', dialog).click();
      await page.getByText('Support', { exact: true }).waitFor();
      await button('Undo').click();
      await page.getByText('Care', { exact: true }).waitFor();
      await more('East', 'Remove');
      await page.getByRole('alertdialog').getByText('move up to Sales').waitFor();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
      await more('Care', 'Remove');
      await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByText('Care is gone').waitFor();
      const left = await owner.get('/v1/departments');
      assert.deepEqual(left.map((one) => one.name).sort(), ['East', 'Sales']);
    });

    await test('organisation: a team is made of people', async () => {
      await button('Add team').click();
      await dialog.getByLabel('Name', { exact: true }).fill('Morning');
      await choose('Department', '\u2003East');
      await dialog.getByRole('checkbox', { name: /Ann Field/ }).check();
      await seen(page, 'team-form');
      await button('Add team', dialog).click();
      await page
        .getByRole('row', { name: /Morning/ })
        .getByText('Ann Field')
        .waitFor();
      await seen(page, 'departments');
    });

    await test('organisation: a role is put together and given', async () => {
      await button('Roles').click();
      await page.getByRole('row', { name: /Supervisor/ }).waitFor();
      await seen(page, 'roles');
      await button('New role').click();
      await dialog.getByLabel('Name', { exact: true }).fill('Coach');
      await choose('Sees', 'Department');
      for (const right of ['calls:read', 'members:read', 'departments:read', 'company:read', 'seats:read'])
        await dialog.getByRole('checkbox', { name: right, exact: true }).check();
      await seen(page, 'role-form');
      await button('Make the role', dialog).click();
      await page.getByRole('row', { name: /Coach/ }).waitFor();
      await page.getByRole('button', { name: 'People', exact: false }).first().click();
      await more('Bob Stone', 'Role and place');
      await choose('Role', 'Coach');
      await choose('Department', 'Sales');
      await seen(page, 'member-form');
      await button('Save', dialog).click();
      await page
        .getByRole('row', { name: /Bob Stone/ })
        .getByText('Coach')
        .waitFor();
      await seen(page, 'people');
      const members = await owner.get('/v1/members');
      const placed = members.find((one) => one.id === bob.member);
      assert.deepEqual([placed.custom_role.name, placed.scope], ['Coach', 'subtree']);
    });

    await test('organisation: who has the role sees no further than it says', async () => {
      const coach = await person(browser, server.url);
      await signIn(coach.page, server.url, bob.email, PASSWORD, '/team');
      await coach.page.getByRole('row', { name: /Ann Field/ }).waitFor();
      assert.equal(await coach.page.getByRole('row', { name: /Nora Owner/ }).count(), 0, 'the owner is out of sight');
      assert.equal(await coach.page.getByRole('button', { name: 'Invite people' }).count(), 0);
      await seen(coach.page, 'coach');
      assert.deepEqual([coach.foreign, coach.errors], [[], []]);
      await owner.patch(`/v1/teams/${(await owner.get('/v1/teams'))[0].id}`, { members: [] });
      await coach.page.reload();
      await coach.page.getByRole('row', { name: /Bob Stone/ }).waitFor();
      assert.equal(
        await coach.page.getByRole('row', { name: /Ann Field/ }).count(),
        0,
        'out of the team, out of sight',
      );
      await coach.context.close();
      assert.ok(ann.member);
    });
    await test('organisation: a second factor is turned on and asked for', async () => {
      await page.goto(`${server.url}/settings`);
      await page
        .getByText('Sign out everywhere else')
        .or(page.getByText('Browsers in which you are signed in.'))
        .first()
        .waitFor();
      await seen(page, 'settings');
      await button('Turn on').click();
      await dialog.getByLabel('Current password', { exact: true }).fill(PASSWORD);
      await button('Next', dialog).click();
      const secret = await dialog.getByLabel('Secret', { exact: true }).inputValue();
      await seen(page, 'factor-secret');
      await dialog.getByLabel('Code', { exact: true }).fill('000000');
      await button('Turn on', dialog).click();
      await dialog.getByText('This code is not good, or was used already').first().waitFor();
      await dialog.getByLabel('Code', { exact: true }).fill(oneTimeCode(secret));
      await button('Turn on', dialog).click();
      await page.getByText('The codes are shown only now').waitFor();
      const codes = await dialog.getByRole('listitem').allTextContents();
      const recovery = codes[0];
      await seen(page, 'factor-codes');
      await button('I have kept them', dialog).click();
      await page.getByText('10 recovery codes are left.').waitFor();
      const other = await person(browser, server.url);
      await other.page.goto(`${server.url}/sign-in`);
      await other.page.getByLabel('E-mail', { exact: true }).fill(email);
      await other.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await button('Sign in', other.page).click();
      await other.page.getByLabel('Code', { exact: true }).fill(recovery);
      await seen(other.page, 'sign-in-code');
      await button('Sign in', other.page).click();
      await other.page.waitForURL((at) => !at.pathname.startsWith('/sign-in'));
      await page.reload();
      await page.getByText('9 recovery codes are left.').waitFor();
      await button('Sign out everywhere else').click();
      await page.getByText('Signed out everywhere else').waitFor();
      const renewed = await other.page.evaluate(async () => {
        const headers = { 'X-Patchbay': '1' };
        return (await fetch('/v1/session/refresh', { method: 'POST', headers })).status;
      });
      assert.equal(renewed, 401, 'the other browser is signed out');
      await other.context.close();
      const again = codes[1];
      const fresh = await open.post('/v1/sign-in', { email, password: PASSWORD, code: again });
      owner = open.as(fresh.access_token);
    });

    await test('organisation: a colleague is locked out, let in, and removed with what was theirs', async () => {
      await owner.post('/v1/seats', { extension: '150', member: ann.member });
      await page.goto(`${server.url}/team`);
      await more('Ann Field', 'Lock out');
      const ask = page.getByRole('alertdialog');
      await ask.getByRole('checkbox', { name: /Free seat 150/ }).waitFor();
      await seen(page, 'lock-out');
      await ask.getByRole('button', { name: 'Lock out', exact: true }).click();
      await page
        .getByRole('row', { name: /Ann Field/ })
        .getByText('Locked out')
        .waitFor();
      await assert.rejects(open.post('/v1/sign-in', { email: ann.email, password: PASSWORD }));
      await more('Ann Field', 'Let in again');
      await page
        .getByRole('row', { name: /Ann Field/ })
        .getByText('Active')
        .waitFor();
      await more('Ann Field', 'Remove from company');
      await ask.getByLabel(/Who takes over seat 150/).click();
      await page.getByRole('option', { name: 'Bob Stone', exact: true }).click();
      await seen(page, 'remove');
      await ask.getByRole('button', { name: 'Remove from company', exact: true }).click();
      await page.getByText('Ann Field is no longer in the company').waitFor();
      const [seat] = await owner.get('/v1/seats');
      assert.deepEqual([seat.extension, seat.member], ['150', bob.member]);
    });

    await test('organisation: views are kept and shared, columns chosen, several people changed at once', async () => {
      const dan = await joined(open, owner, 'Dan Moor', 'agent');
      await joined(open, owner, 'Eve Moor', 'agent');
      await page.goto(`${server.url}/team`);
      await page.getByLabel('Find somebody', { exact: true }).fill('moor');
      await page.getByRole('row', { name: /Nora Owner/ }).waitFor({ state: 'detached' });
      await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
      await button('Columns').click();
      await page.getByRole('menuitemcheckbox', { name: 'Seat', exact: true }).click();
      await seen(page, 'columns');
      await page.keyboard.press('Escape');
      await page.getByRole('columnheader', { name: 'Seat', exact: true }).waitFor({ state: 'detached' });
      await button('Not kept').click();
      await page.getByRole('menuitem', { name: 'Keep this view', exact: true }).click();
      await dialog.getByLabel('Name', { exact: true }).fill('The Moors');
      await dialog.getByText('Everybody in the company sees it').click();
      await seen(page, 'save-view');
      await button('Save', dialog).click();
      await button('The Moors').waitFor();
      const [view] = await owner.get('/v1/views?list=members');
      assert.deepEqual(
        [view.name, view.shared, view.content.filter, view.content.sort],
        ['The Moors', true, { q: 'moor' }, 'name'],
      );
      assert.ok(!view.content.columns.includes('seat'));
      const other = await person(browser, server.url);
      await owner.patch(`/v1/members/${bob.member}`, { role: 'admin' });
      await signIn(other.page, server.url, bob.email, PASSWORD, '/team');
      await button('Everything', other.page).click();
      await other.page.getByRole('menuitemradio', { name: /The Moors/ }).click();
      await other.page.getByRole('row', { name: /Nora Owner/ }).waitFor({ state: 'detached' });
      await other.page.getByRole('row', { name: /Dan Moor/ }).waitFor();
      await other.context.close();
      await page.getByRole('checkbox', { name: 'Tick all', exact: true }).check();
      await seen(page, 'bulk');
      await button('Set department').click();
      await page.getByRole('menuitem', { name: 'Sales', exact: true }).click();
      await page.getByText('Done for 2').first().waitFor();
      const members = await owner.get('/v1/members');
      const placed = members.filter((one) => one.name.endsWith('Moor')).map((one) => one.department);
      assert.ok(placed.length === 2 && placed.every(Boolean) && dan.member, JSON.stringify(placed));
    });

    await test('organisation: pages and deeds are reached by keyboard alone', async () => {
      await page.goto(`${server.url}/desk`);
      await page.getByRole('link', { name: 'Team', exact: true }).waitFor();
      const type = async (text) => {
        const palette = page.getByRole('combobox', { name: 'Search and go' });
        await page.keyboard.press('Control+k');
        await palette.and(page.locator(':focus')).waitFor();
        await page.keyboard.type(text);
        await page.keyboard.press('Enter');
        await palette.waitFor({ state: 'detached' });
      };
      for (let round = 0; round < 2; round += 1) {
        await type('invite people');
        await dialog.getByLabel('E-mail addresses', { exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      }
      await type('security settings');
      await page.getByRole('heading', { name: 'Single sign-on', exact: true }).waitFor();
      await type('theme: dark');
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
      await type('theme: as the system');
      await type('seats');
      await page.getByRole('row', { name: /150/ }).waitFor();
    });

    await test('organisation: a forgotten password is set by its link', async () => {
      const guest = await person(browser, server.url);
      await guest.page.goto(`${server.url}/sign-in`);
      await guest.page.getByRole('link', { name: 'Forgot it?' }).click();
      await guest.page.getByLabel('E-mail', { exact: true }).fill(bob.email);
      await seen(guest.page, 'forgot');
      await button('Send the link', guest.page).click();
      await guest.page.getByText('Look into your mail').first().waitFor();
      const operator = await operatorOf(server);
      const links = await operator.get('/v1/operator/pending-links');
      const { link } = links.find((one) => one.kind === 'password_reset');
      await guest.page.goto(`${server.url}/reset-password?token=${new URL(link).searchParams.get('token')}`);
      await guest.page.getByLabel('New password', { exact: true }).fill('another horse 43');
      await seen(guest.page, 'reset');
      await button('Set the password', guest.page).click();
      await guest.page.getByText('Your password is changed').first().waitFor();
      await open.post('/v1/sign-in', { email: bob.email, password: 'another horse 43' });
      assert.deepEqual([guest.foreign, guest.errors], [[], []]);
      await guest.context.close();
    });
    // A refusal that the page shows, and a last question about somebody who is just being removed, are no faults of it.
    assert.deepEqual([foreign, errors.filter((one) => !/status of (404|409|422)/.test(one))], [[], []]);
  } finally {
    await browser.close();
    await server.stop();
  }
}
