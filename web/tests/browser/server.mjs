// One server in a folder of its own, on free ports of loopback, ended by its own process id.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFront } from './front.mjs';

export function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until `check` gives something true, for at most `ms`. */
export async function until(what, check, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await check();
    if (got) return got;
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await pause(50);
  }
}

/**
 * `database` gives the address of an empty PostgreSQL database; without it the server has SQLite. `media`: the address where audio
 * goes, for a browser that has no loopback.
 */
export async function startServer({ demo = false, database = null, media = null } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-browser-'));
  const [http, sip] = [await freePort(), await freePort()];
  const first = 30_000 + (http % 40) * 400;
  const log = join(folder, 'server.log');
  const output = openSync(log, 'a');
  // Variables of the test run are no settings of the server.
  const inherited = Object.entries(process.env).filter(
    // A bucket may be given from outside: the same tests then run with it.
    ([name]) => !name.startsWith('PATCHBAY_') || name.startsWith('PATCHBAY_BUCKET__'),
  );
  let child;
  let ended;
  const postgres = database?.();
  // An operator brings PostgreSQL up to date deliberately; SQLite always is.
  const order = ['serve', ...(demo ? ['--demo'] : []), ...(postgres ? ['--migrate'] : [])];
  const launch = () => {
    ended = false;
    child = spawn(process.env.PATCHBAY_BIN, order, {
      cwd: folder,
      stdio: ['ignore', output, output],
      env: {
        ...Object.fromEntries(inherited),
        PATCHBAY_HTTP: `127.0.0.1:${http}`,
        PATCHBAY_DATA_FOLDER: folder,
        // Receivers of webhooks stand on loopback too.
        PATCHBAY_PRIVATE_WEBHOOKS: 'true',
        PATCHBAY_SIP__LISTEN: `127.0.0.1:${sip}`,
        PATCHBAY_MEDIA__RTP_FIRST: String(first),
        PATCHBAY_MEDIA__RTP_LAST: String(first + 398),
        ...(media ? { PATCHBAY_MEDIA__BIND: media } : {}),
        ...(postgres ? { PATCHBAY_DATABASE_URL: postgres } : {}),
      },
    });
    child.once('exit', () => {
      ended = true;
    });
  };
  const url = `http://127.0.0.1:${http}`;
  const readLog = () => {
    try {
      return readFileSync(log, 'utf8');
    } catch {
      return '';
    }
  };
  const ready = () =>
    until(
      'the server is ready',
      async () => {
        if (ended) throw new Error(`the server ended while starting:\n${readLog()}`);
        return fetch(`${url}/health/ready`).then(
          (answer) => answer.ok,
          () => false,
        );
      },
      30_000,
    );
  const end = async (signal) => {
    child.kill(signal);
    await until('the server ends', () => ended, 15_000).catch(() => child.kill('SIGKILL'));
  };
  launch();
  await ready();
  // PATCHBAY_DIST: pages come from this folder instead of out of the binary.
  const front = process.env.PATCHBAY_DIST ? await startFront(url, process.env.PATCHBAY_DIST) : null;
  return {
    url: front?.url ?? url,
    sip,
    log: readLog,
    operatorPassword: () => /operator password: *(\S+)/.exec(readLog())?.[1] ?? '',
    /** Dies in the middle of its work, as in a power cut. */
    kill: () => end('SIGKILL'),
    /** The same server in the same folder, on the same ports. */
    async restart() {
      launch();
      await ready();
    },
    async stop() {
      front?.stop();
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A REST client; throws with the server's own words. */
export function client(url, token = null) {
  const call = async (method, path, body, kind = 'application/json') => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        'X-Patchbay': '1',
        ...(body === undefined ? {} : { 'Content-Type': kind }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    put: (path, body, kind) => call('PUT', path, body, kind),
    delete: (path) => call('DELETE', path),
    as: (other) => client(url, other),
  };
}

/** The operator, signed in; the first password of an ordinary start must be changed before anything else. */
export async function operatorOf(server) {
  const open = client(server.url);
  const email = 'operator@patchbay.local';
  const first = server.operatorPassword();
  const session = await open.post('/v1/operator/sign-in', { email, password: first });
  if (!session.me.must_change_password) return open.as(session.access_token);
  const password = 'a much longer phrase 7';
  await open.as(session.access_token).post('/v1/operator/password', { current: first, new: password });
  return open.as((await open.post('/v1/operator/sign-in', { email, password })).access_token);
}
