// Finds and runs every browser test beside it against the real server; the last line carries the count.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
let passed = 0;
let failed = 0;
for (const file of readdirSync(fileURLToPath(here))
  .filter((name) => name.endsWith('.test.mjs'))
  .sort()) {
  const { default: tests } = await import(new URL(file, here));
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      passed += 1;
      console.log(`ok ${file} ${name}`);
    } catch (why) {
      failed += 1;
      console.log(`x ${file} ${name}\n${why.stack ?? why}`);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
