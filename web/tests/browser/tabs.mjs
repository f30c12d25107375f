// Twenty tabs of one browser on one UDP port of the media engine, each with a tone of its own in either direction: each must hear
// its own and nothing else. The far side is `server/media/examples/tabs.rs`.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { launch } from './page.mjs';
import { freePort, until } from './server.mjs';

const TABS = 20;
/** What tab `n` says and hears, hertz. Neighbours lie 100 Hz apart. */
const says = (n) => 350 + 100 * n;
const hears = (n) => 300 + 100 * n;

/** In the page: says a tone, posts its offer, listens to the answer's stream. */
const join = async ({ n, up, down }) => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: up });
  const loudness = new GainNode(context, { gain: 0.3 });
  const out = context.createMediaStreamDestination();
  tone.connect(loudness).connect(out);
  tone.start();
  const connection = new RTCPeerConnection();
  connection.addTrack(out.stream.getAudioTracks()[0], out.stream);
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  connection.ontrack = (event) => {
    const stream = new MediaStream([event.track]);
    // Chromium decodes only what an element plays.
    const audio = new Audio();
    audio.srcObject = stream;
    audio.muted = true;
    void audio.play();
    window.__audio = audio;
    context.createMediaStreamSource(stream).connect(analyser);
  };
  await connection.setLocalDescription(await connection.createOffer());
  const answer = await fetch(`/offer/${n}/${down}`, { method: 'POST', body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  window.__ear = { context, analyser, connection };
};

/** The strongest frequency, and what share of the energy lies within 20 Hz of `hz`. */
const listen = (hz) => {
  const { context, analyser } = window.__ear;
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = context.sampleRate / analyser.fftSize;
  const power = Array.from(bins, (db) => (Number.isFinite(db) ? 10 ** (db / 10) : 0));
  const sum = (from) => from.reduce((all, one) => all + one, 0);
  const near = power.filter((_, at) => Math.abs(at * width - hz) <= 20);
  return { peak: power.indexOf(Math.max(...power)) * width, share: sum(near) / (sum(power) || 1) };
};

async function startEngine() {
  const http = await freePort();
  const child = spawn(process.env.PATCHBAY_TABS, [String(http)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((done) => child.stdout.once('data', done));
  return { url: `http://127.0.0.1:${http}`, stop: () => child.kill('SIGKILL') };
}

export async function tabs({ test, wav }) {
  if (!process.env.PATCHBAY_TABS) return console.log('# PATCHBAY_TABS names no program: twenty tabs are left out');
  await test('twenty tabs on one UDP port hear each its own tone, both ways', async () => {
    const engine = await startEngine();
    const browser = await launch(wav);
    try {
      const context = await browser.newContext();
      const pages = [];
      for (let n = 0; n < TABS; n += 1) {
        const page = await context.newPage();
        await page.goto(engine.url);
        pages.push(page);
      }
      await Promise.all(pages.map((page, n) => page.evaluate(join, { n, up: says(n), down: hears(n) })));
      const heard = async (n, hz) => Number(await (await fetch(`${engine.url}/heard/${n}/${hz}`)).text());
      const worst = { up: 1, down: 1 };
      for (const [n, page] of pages.entries()) {
        const up = await until(
          `the engine hears tab ${n} at ${says(n)} Hz`,
          async () => {
            const share = await heard(n, says(n));
            return share >= 0.95 ? share : null;
          },
          20_000,
        );
        const down = await until(
          `tab ${n} hears ${hears(n)} Hz`,
          async () => {
            const now = await page.evaluate(listen, hears(n));
            return now.share >= 0.95 && Math.abs(now.peak - hears(n)) <= 8 ? now.share : null;
          },
          20_000,
        );
        for (const other of [says((n + 1) % TABS), says((n + TABS - 1) % TABS)]) {
          assert.ok((await heard(n, other)) < 0.05, `tab ${n} is not its neighbour`);
        }
        worst.up = Math.min(worst.up, up);
        worst.down = Math.min(worst.down, down);
      }
      const udp = await (await fetch(`${engine.url}/udp`)).text();
      console.log(
        `        ${TABS} tabs, UDP ports ${udp}; smallest share of the own tone: ${worst.up.toFixed(3)} up, ${worst.down.toFixed(3)} down`,
      );
      assert.match(udp, /^\[\d+\]$/, 'one UDP port');
    } finally {
      await browser.close();
      engine.stop();
    }
  }, 180_000);
}
