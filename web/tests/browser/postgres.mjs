// Databases on the PostgreSQL server that infra/scripts/postgres.sh started for this run.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made = 0;

/** The address of a database of its own with nothing in it. */
export function emptyDatabase(server) {
  made += 1;
  const name = `browser_${process.pid}_${made}`;
  execFileSync('psql', ['--quiet', '--no-psqlrc', server, '--command', `CREATE DATABASE ${name}`]);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** What the binary says to these words with this database, in a folder of its own, and its exit code. */
export function patchbay(words, database) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-postgres-'));
  try {
    const env = { PATH: process.env.PATH, PATCHBAY_DATA_FOLDER: folder, PATCHBAY_DATABASE_URL: database };
    const done = spawnSync(process.env.PATCHBAY_BIN, words, { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
    return { status: done.status, said: `${done.stdout}${done.stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
