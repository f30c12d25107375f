// A real browser with a fake microphone, and ears inside the page.
import { chromium } from 'playwright-core';
import { until } from './server.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];

export function launch(wav, { plain = false } = {}) {
  const features = plain ? ['--disable-features=WebRtcPqcForDtls'] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, ...features, `--use-file-for-fake-audio-capture=${wav}`],
  });
}

/** Noise suppression would take a steady tone for noise; the product's own switch turns it off. */
const RAW = () => {
  localStorage.setItem('patchbay.devices', JSON.stringify({ processing: false }));
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.__connection = this;
      this.addEventListener('track', (event) => {
        window.__remote = event.streams[0] ?? new MediaStream([event.track]);
      });
    }
  };
};

/**
 * The page speaks only these codecs, digits aside, as one whose browser or policy lacks the others. `answersOnly` leaves what it
 * reads of our offers as it is: Chromium then answers with these and sends what stands first in the offer.
 */
const ONLY = ({ codecs, answersOnly }) => {
  const wanted = (name) => [...codecs, 'telephone-event'].includes(name.toLowerCase());
  const kept = RTCRtpReceiver.getCapabilities('audio').codecs.filter((one) =>
    wanted(one.mimeType.replace('audio/', '')),
  );
  const without = (sdp) => {
    const formats = [...sdp.matchAll(/^a=rtpmap:(\d+) ([\w-]+)/gm)].filter(([, , name]) => wanted(name));
    const numbers = formats.map(([, number]) => number);
    const lines = sdp.split('\r\n').filter((line) => {
      const about = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line);
      return !about || numbers.includes(about[1]);
    });
    return lines.join('\r\n').replace(/^(m=audio \d+ \S+) .*$/m, `$1 ${numbers.join(' ')}`);
  };
  const patched = (name, before) => {
    const native = RTCPeerConnection.prototype[name];
    RTCPeerConnection.prototype[name] = function instead(...args) {
      return native.apply(this, before(this, args));
    };
  };
  for (const name of ['createOffer', 'createAnswer']) {
    patched(name, (connection, args) => {
      for (const transceiver of connection.getTransceivers()) transceiver.setCodecPreferences(kept);
      return args;
    });
  }
  if (answersOnly) return;
  patched('setRemoteDescription', (_, [{ type, sdp }, ...rest]) => [{ type, sdp: without(sdp) }, ...rest]);
};

/** A fresh person's browser, with a language, and with few codecs, where wanted. Every request that leaves for a third party is noted. */
export async function person(browser, url, { speaks = null, language = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.grantPermissions(['microphone'], { origin: url });
  if (language) await context.addInitScript((chosen) => localStorage.setItem('patchbay.language', chosen), language);
  if (speaks) await context.addInitScript(ONLY, speaks);
  await context.addInitScript(RAW);
  const foreign = [];
  const errors = [];
  context.on('request', (request) => {
    const target = new URL(request.url());
    if (!['data:', 'blob:'].includes(target.protocol) && target.hostname !== '127.0.0.1') foreign.push(request.url());
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // Whoever is not signed in yet is told so; the browser takes that answer for an error.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) errors.push(message.text());
  });
  return { context, page, foreign, errors };
}

/** Signs in without the form: the cookie is the page's own. */
export async function signIn(page, url, email, password, path = '/desk') {
  await page.goto(`${url}/sign-in`);
  const status = await page.evaluate(
    async (body) =>
      (
        await fetch('/v1/sign-in', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Patchbay': '1' },
          body: JSON.stringify(body),
        })
      ).status,
    { email, password },
  );
  if (status !== 200) throw new Error(`sign-in answered ${status}`);
  await page.goto(`${url}${path}`);
}

export const phoneReady = (page) => page.locator('[data-phone="ready"]').first().waitFor({ timeout: 15_000 });

/** The strongest frequency in what the page hears, and its level in dB; -999 for silence. */
export function ear(page) {
  return page.evaluate(async () => {
    if (!window.__remote) return { hz: 0, db: -999 };
    window.__ear ??= {};
    if (window.__ear.stream !== window.__remote) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      context.createMediaStreamSource(window.__remote).connect(analyser);
      window.__ear = { stream: window.__remote, context, analyser };
      await new Promise((done) => setTimeout(done, 400));
    }
    const { context, analyser } = window.__ear;
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    let best = 1;
    for (let at = 2; at < bins.length; at += 1) if (bins[at] > bins[best]) best = at;
    const db = bins[best];
    return { hz: (best * context.sampleRate) / analyser.fftSize, db: Number.isFinite(db) ? db : -999 };
  });
}

/** Waits until the page hears this tone. */
export const hearsTone = (page, hz, ms = 8_000) =>
  until(
    `the page hears ${hz} Hz`,
    async () => {
      const heard = await ear(page);
      return Math.abs(heard.hz - hz) <= 8 && heard.db > -35 ? heard : null;
    },
    ms,
  );

export const hearsNothing = (page, ms = 8_000) =>
  until('the page hears silence', async () => (await ear(page)).db < -60, ms);
