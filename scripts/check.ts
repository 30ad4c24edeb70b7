/**
 * `npm run check`: everything that is checked without running the product. A failed check shows its output under a heading, a passed
 * one only its name. Ends with one line `N passed, M failed`.
 */
import { runCommand } from './check/command.ts';

interface Check {
  title: string;
  command: string;
  args: string[];
}

const CHECKS: Check[] = [
  { title: 'types', command: 'tsc', args: ['--noEmit'] },
  { title: 'format and lint', command: 'biome', args: ['ci', '--colors=off', '--error-on-warnings'] },
  { title: 'unused code', command: 'knip', args: ['--no-progress'] },
  { title: 'import directions', command: 'depcruise', args: ['functions', 'shared'] },
  { title: 'secrets', command: 'secretlint', args: ['**/*', '.*', '.ci/*'] },
  { title: 'package-lock.json', command: 'npm', args: ['run', '--silent', 'lock', '--', '--check'] },
  { title: 'generated files', command: 'npm', args: ['run', '--silent', 'generate', '--', '--check'] },
];
const SIDE_BY_SIDE = 2;

const waiting = [...CHECKS];
const failed: string[] = [];
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, runFromQueue));
console.log(`${CHECKS.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function runFromQueue(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const { status, output } = await runCommand(check.command, check.args);
    if (status === 0) {
      console.log(`ok      ${check.title}`);
    } else {
      failed.push(check.title);
      console.log(`FAILED  ${check.title}\n\n${output.trim()}\n`);
    }
  }
}
