/**
 * `npm run import -- FILE [--dry-run]`: brings users, songs and pictures of a former system in, as docs/import.md describes.
 *
 * Exit status 1 when anything was at fault. Repeating it is safe: what is there already is left as it is.
 */
import { parseArgs } from 'node:util';
import { closeDatabase } from '#shared/runtime';
import { importAll } from './import/importAll.ts';
import { ImportReport } from './import/report.ts';
import { showCount } from './import/showCount.ts';

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const report = new ImportReport();
  const line = showCount();
  let isDryRun = false;
  let failure: string | undefined;
  try {
    const asked = argumentsOf(process.argv.slice(2));
    isDryRun = asked.isDryRun;
    await importAll({ ...asked, now: new Date(), progress: (kind, done, total) => line.update(`${kind}: ${done} of ${total}`) }, report);
    await closeDatabase();
  } catch (error) {
    failure = (error as Error).message;
  }
  line.end();
  for (const fault of report.faultLines()) console.error(fault);
  if (failure === undefined) console.log(report.summaryLines(isDryRun).join('\n'));
  else console.error(failure);
  if (isDryRun && failure === undefined) console.log('A dry run: nothing was written.');
  return failure === undefined && !report.hasFaults() ? 0 : 1;
}

function argumentsOf(args: string[]): { file: string; isDryRun: boolean } {
  try {
    const { values, positionals } = parseArgs({ args, options: { 'dry-run': { type: 'boolean' } }, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file !== undefined && more.length === 0) return { file, isDryRun: values['dry-run'] === true };
  } catch {
    // Told below.
  }
  throw new Error('Use: npm run import -- FILE [--dry-run]');
}
