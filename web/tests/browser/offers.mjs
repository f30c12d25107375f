// What a page may speak: PCMU alone, Opus alone, or both in Chromium's order, in both directions, with either handshake.
import { strict as assert } from 'node:assert';
import { agent, bothWays, endedWith, hangUpHere, incoming, lastRecord, outgoing, play, stateIs } from './stage.mjs';

/** Title, and the one codec that the page is made to speak. */
const OFFERS = [
  ['PCMU alone', 'pcmu'],
  ['Opus alone', 'opus'],
  ['Opus first, the usual order', null],
];
const only = (codec) => codec && { codecs: [codec] };

/** What the page sends and receives with, by its own statistics. */
const spoken = (page) =>
  page.evaluate(async () => {
    const report = await window.__connection.getStats();
    const found = new Set();
    for (const entry of report.values()) {
      const rtp = ['inbound-rtp', 'outbound-rtp'].includes(entry.type) && entry.codecId;
      if (rtp) found.add(report.get(entry.codecId).mimeType.toLowerCase().replace('audio/', ''));
    }
    return [...found];
  });

/** The codecs of the page's own description, in order; digits and comfort noise are no codecs. */
const offered = (page) =>
  page.evaluate(() => {
    const sdp = window.__connection.localDescription.sdp;
    const names = [...sdp.matchAll(/a=rtpmap:\d+ ([\w-]+)\//g)].map((match) => match[1].toLowerCase());
    return [...new Set(names)].filter((name) => !['telephone-event', 'cn', 'red'].includes(name));
  });

async function keyArrives(page, far) {
  await page.getByRole('button', { name: /^Keypad/ }).click();
  await page.getByRole('button', { name: 'Key 5', exact: true }).click();
  assert.equal((await far.next('digit')).digit, '5');
}

async function checked(page, scene, codec) {
  const heard = await bothWays(page, scene.far);
  const [names, used] = [await offered(page), await spoken(page)];
  if (codec) {
    assert.deepEqual(names, [codec], 'the page speaks nothing else');
    assert.deepEqual(used, [codec]);
  }
  const told = `far end ${heard.share.toFixed(3)} at 1000 Hz, page ${heard.hz.toFixed(1)} Hz`;
  return `${told}; described ${names.join(' ')}, used ${used.join(' ')}`;
}

function offers(test, title, current) {
  for (const [what, codec] of OFFERS) {
    test(`${title}: ${what}, outgoing`, async () => {
      const { page, errors } = await agent(current, { speaks: only(codec) });
      await outgoing(page, current.scene);
      console.log(`        ${await checked(page, current.scene, codec)}`);
      await keyArrives(page, current.scene.far);
      await hangUpHere(page, current.scene);
      const { legs } = await lastRecord(current.scene.owner);
      if (codec)
        assert.equal(legs.find((leg) => leg.role === 'caller').codec.toLowerCase(), codec, 'the record says so too');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

    test(`${title}: ${what}, incoming`, async () => {
      const { page } = await agent(current, { speaks: only(codec) });
      await incoming(page, current.scene);
      await page.getByRole('button', { name: /^Answer/ }).click();
      await current.scene.far.next('answered');
      await stateIs(page, 'talking');
      console.log(`        ${await checked(page, current.scene, codec)}`);
      await keyArrives(page, current.scene.far);
      current.scene.far.say({ do: 'hang_up' });
      await endedWith(page, 'hung_up_there');
      await page.context().close();
    });
  }

  test(`${title}: Opus alone in the answer, PCMU all the same in the packets`, async () => {
    const { page } = await agent(current, { speaks: { codecs: ['opus'], answersOnly: true } });
    await incoming(page, current.scene);
    await page.getByRole('button', { name: /^Answer/ }).click();
    await current.scene.far.next('answered');
    console.log(`        ${await checked(page, current.scene, null)}`);
    assert.deepEqual(await offered(page), ['opus']);
    current.scene.far.say({ do: 'hang_up' });
    await endedWith(page, 'hung_up_there');
    await page.context().close();
  });
}

export async function offersOfPages(suite) {
  for (const plain of [false, true]) {
    const title = plain ? 'plain handshake' : 'post-quantum';
    await play(suite, { plain }, (test, current) => offers(test, title, current));
  }
}
