/**
 * `npm run lock`: makes package-lock.json fit for every system; run it after each change of a dependency.
 * `--check` changes nothing and fails when it would.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeLock, lockFaults, parseLock } from './lockFile.ts';

const file = join(import.meta.dirname, '..', '..', 'package-lock.json');
const lock = parseLock(readFileSync(file, 'utf8'));
const faults = lockFaults(lock);

if (process.argv.includes('--check')) {
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) console.error('Run `npm run lock` and commit package-lock.json.');
  process.exitCode = faults.length > 0 ? 1 : 0;
} else {
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(faults.length === 0 ? 'package-lock.json was complete.' : `package-lock.json: ${faults.length} entries put right.`);
}
