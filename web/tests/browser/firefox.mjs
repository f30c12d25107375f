#!/usr/bin/env node
// Firefox as Debian has it, for playwright: starts it, and stands between the two on the WebDriver BiDi socket. Commands of BiDi
// that this Firefox is too old for, and that no test needs, are made into ones that it knows and that do nothing.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const UNKNOWN = ['emulation.setMediaFeaturesOverride'];
const HARMLESS = 'session.status';

/** Where the first frame of a client lies in the buffer (RFC 6455 section 5.2): header, mask and payload; null when it is cut. */
function frame(buffer) {
  if (buffer.length < 2) return null;
  let [length, at] = [buffer[1] & 0x7f, 2];
  if (length === 126) {
    if (buffer.length < 4) return null;
    [length, at] = [buffer.readUInt16BE(2), 4];
  } else if (length === 127) {
    if (buffer.length < 10) return null;
    [length, at] = [Number(buffer.readBigUInt64BE(2)), 10];
  }
  const end = at + 4 + length;
  return buffer.length < end ? null : { mask: at, payload: at + 4, end };
}

/** The same frame, with another command of the same length where it has one that is unknown. */
function harmless(bytes, { mask, payload }) {
  const key = bytes.subarray(mask, payload);
  const cross = (text) => text.map((byte, at) => byte ^ key[at % 4]);
  const plain = Buffer.from(cross(bytes.subarray(payload))).toString('latin1');
  const method = UNKNOWN.find((one) => plain.includes(`"method":"${one}"`));
  if (!method) return bytes;
  const said = plain.replace(`"${method}"`, `"${HARMLESS}"`.padEnd(method.length + 2));
  return Buffer.concat([bytes.subarray(0, payload), cross(Buffer.from(said, 'latin1'))]);
}

function between(client, port) {
  const server = connect(port, '127.0.0.1');
  let waiting = Buffer.alloc(0);
  let upgraded = false;
  client.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    if (!upgraded) {
      const end = waiting.indexOf('\r\n\r\n');
      if (end < 0) return;
      // Firefox looks at who is asked for.
      const head = waiting.subarray(0, end + 4).toString('latin1');
      server.write(head.replace(/^Host: .*$/im, `Host: 127.0.0.1:${port}`), 'latin1');
      [waiting, upgraded] = [waiting.subarray(end + 4), true];
    }
    for (let found = frame(waiting); found; found = frame(waiting)) {
      server.write(harmless(waiting.subarray(0, found.end), found));
      waiting = waiting.subarray(found.end);
    }
  });
  server.pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

const firefox = spawn(process.env.FIREFOX ?? '/usr/bin/firefox-esr', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'pipe'],
});
firefox.on('exit', (code) => process.exit(code ?? 1));
let told = false;
firefox.stderr.on('data', (text) => {
  const [, port] = /WebDriver BiDi listening on ws:\/\/[^:]+:(\d+)/.exec(String(text)) ?? [];
  if (!port || told) return process.stderr.write(text);
  told = true;
  const door = createServer((client) => between(client, Number(port)));
  door.listen(0, '127.0.0.1', () => {
    process.stderr.write(`WebDriver BiDi listening on ws://127.0.0.1:${door.address().port}\n`);
  });
});
