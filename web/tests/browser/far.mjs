// The far end: a scripted gateway in plain SIP and RTP, a program of the test suite, told by JSON lines.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { pause } from './server.mjs';

export async function startFar(port) {
  const child = spawn(process.env.PATCHBAY_FAR_END, [String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const events = [];
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  });
  /** The next event of this kind; what came before it is passed over. */
  async function next(kind, ms = 8_000) {
    const end = Date.now() + ms;
    for (;;) {
      const at = events.findIndex((event) => event.event === kind);
      if (at >= 0) return events.splice(0, at + 1).at(-1);
      if (Date.now() > end) throw new Error(`the far end never said ${kind}; it said ${JSON.stringify(events)}`);
      await Promise.race([new Promise((wake) => waiting.push(wake)), pause(100)]);
    }
  }
  const say = (order) => child.stdin.write(`${JSON.stringify(order)}\n`);
  await next('ready');
  return {
    say,
    next,
    events,
    /** How much of what it hears is this tone. */
    async hears(hz, ms = 500) {
      say({ do: 'listen', hz, ms });
      return next('heard', ms + 3_000);
    },
    /** Watches for holes in this tone from now on; `hole` says how long the longest was, milliseconds. */
    watch: (hz) => say({ do: 'watch', hz }),
    async hole() {
      say({ do: 'hole' });
      return (await next('hole')).ms;
    },
    stop: () => child.kill('SIGKILL'),
  };
}
