// Stands before a server: pages come from a folder instead of out of the binary, all else from the server. A change of the web app
// is seen without building the server.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const SERVERS_OWN = /^\/(v1|sip|health|metrics)(\/|\?|$)/;

/** Starts before `url`; gives the address to open instead. */
export async function startFront(url, folder) {
  const { hostname, port } = new URL(url);
  const front = createServer((ask, answer) => {
    const path = ask.url.split('?')[0];
    if (!SERVERS_OWN.test(ask.url)) {
      const asset = join(folder, normalize(path));
      const file = existsSync(asset) && statSync(asset).isFile() ? asset : join(folder, 'index.html');
      answer.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(answer);
      return;
    }
    const { method, headers, url: target } = ask;
    const onward = request({ hostname, port, method, headers, path: target }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    ask.pipe(onward);
  });
  front.on('upgrade', (ask, socket, head) => {
    const onward = connect(Number(port), hostname, () => {
      const headers = Object.entries(ask.headers).map(([name, value]) => `${name}: ${value}`);
      onward.write(`${ask.method} ${ask.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise((done) => front.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${front.address().port}`,
    stop() {
      front.closeAllConnections();
      front.close();
    },
  };
}
