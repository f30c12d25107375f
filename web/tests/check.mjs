// Types, lint and unit tests; the last line carries the count.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const run = (name, args) =>
  spawnSync(bin(name), args, { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', CI: '1' } });

let passed = 0;
let failed = 0;
for (const [name, args] of [
  ['tsc', ['--noEmit']],
  ['biome', ['check', '--error-on-warnings', '.']],
]) {
  const done = run(name, args);
  if (done.status === 0) passed += 1;
  else {
    failed += 1;
    console.log(done.stdout, done.stderr);
  }
}
const tests = run('vitest', ['run', '--reporter=json']);
try {
  const report = JSON.parse(tests.stdout.slice(tests.stdout.indexOf('{')));
  passed += report.numPassedTests;
  const broken = report.testResults.flatMap((file) => [
    ...(file.status === 'failed' && file.assertionResults.length === 0
      ? [{ fullName: file.name, failureMessages: [file.message] }]
      : []),
    ...file.assertionResults.filter((one) => one.status === 'failed'),
  ]);
  failed += broken.length;
  for (const one of broken) console.log(`x ${one.fullName}\n${one.failureMessages.join('\n')}`);
  if (tests.status !== 0 && broken.length === 0) {
    failed += 1;
    console.log(tests.stderr);
  }
} catch {
  failed += 1;
  console.log(tests.stdout, tests.stderr);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
