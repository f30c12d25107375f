// A real browser with a fake microphone, and ears inside the page.
import { fileURLToPath } from 'node:url';
import { chromium, firefox } from 'playwright-core';
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

/** Firefox as Debian has it; its fake microphone sounds 1000 Hz at -20 dBFS. See firefox.mjs. */
export function launchFirefox() {
  return firefox.launch({
    channel: 'moz-firefox',
    executablePath: fileURLToPath(new URL('firefox.mjs', import.meta.url)),
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
    },
  });
}

export const isFirefox = (page) => page.context().browser().browserType().name() === 'firefox';

/** Noise suppression would take a steady tone for noise; the product's own switch turns it off. */
const RAW = () => {
  // The empty page that Firefox begins with has none.
  if (window.origin !== 'null') localStorage.setItem('patchbay.devices', JSON.stringify({ processing: false }));
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
  if (browser.browserType().name() === 'chromium') await context.grantPermissions(['microphone'], { origin: url });
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
  // Whoever is not signed in yet is told so; the browser takes that answer for an error.
  // Firefox complains of a font that it no longer needs, as the page was left (NS_BINDING_ABORTED): in the console, or as a fault.
  const ordinary = /status of 401|downloadable font: .*status=2152398850/;
  const note = (text) => !ordinary.test(text) && errors.push(text);
  page.on('pageerror', (error) => note(String(error)));
  page.on('console', (message) => message.type() === 'error' && note(message.text()));
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

/**
 * The same in Firefox, whose AudioContext stands still on a machine without a loudspeaker: a recording of half a second, decoded,
 * and looked through in steps of 4 Hz.
 */
const earOfFirefox = (page) =>
  page.evaluate(async () => {
    const nothing = { hz: 0, db: -999 };
    // On hold Firefox takes the track out of its stream.
    if (!window.__remote?.active) return nothing;
    const recorder = new MediaRecorder(window.__remote);
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    await new Promise((done) => setTimeout(done, 700));
    const stopped = new Promise((done) => {
      recorder.onstop = done;
    });
    recorder.stop();
    await stopped;
    const bytes = await new Blob(parts).arrayBuffer();
    if (bytes.byteLength === 0) return nothing;
    const audio = await new OfflineAudioContext(1, 8_000, 8_000).decodeAudioData(bytes);
    const samples = audio.getChannelData(0).slice(-3_200);
    let best = nothing;
    for (let hz = 100; hz <= 2_000; hz += 4) {
      const turn = 2 * Math.cos((2 * Math.PI * hz) / audio.sampleRate);
      let [last, before] = [0, 0];
      for (const sample of samples) [last, before] = [sample + turn * last - before, last];
      const power = last * last + before * before - turn * last * before;
      const db = 20 * Math.log10((2 * Math.sqrt(Math.max(power, 0))) / samples.length);
      if (db > best.db) best = { hz, db };
    }
    return best;
  });

/** The strongest frequency in what the page hears, and its level in dB; -999 for silence. */
export function ear(page) {
  if (isFirefox(page)) return earOfFirefox(page);
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
