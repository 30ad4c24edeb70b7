/**
 * `npm run cost -- --users N [--plays …] [--songs …] [--json]`: what a month costs, by part, beside the former estimate.
 *
 * Exit status 1 when something is missing or was typed wrong.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll } from './bench/endings.ts';
import { projectFolder } from './check/command.ts';
import { asData } from './cost/asData.ts';
import { HELP, readCommandLine } from './cost/commandLine.ts';
import { costOfMonth } from './cost/costOfMonth.ts';
import { JOB_WORK_FILE } from './cost/jobWork.ts';
import { showMonth } from './cost/showMonth.ts';
import { readSources } from './cost/sources.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void endAll().then(() => process.exit(130)));
process.once('disconnect', () => process.exit(1)); // whoever started us is gone
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const { command, plan, isJson } = readCommandLine(process.argv.slice(2));
  if (command === 'help') console.log(HELP);
  else if (command === 'measure') await measure();
  else {
    const sources = await readSources();
    const month = costOfMonth(plan, sources);
    console.log(isJson ? JSON.stringify(asData(month, sources), undefined, 2) : showMonth(month, sources));
  }
  return 0;
}

async function measure(): Promise<void> {
  const { measureJobs } = await import('./cost/measureJobs.ts'); // brings the emulators along
  const work = await measureJobs((text) => console.error(`  … ${text}`));
  writeFileSync(join(projectFolder, JOB_WORK_FILE), `${JSON.stringify(work, undefined, 2)}\n`);
  console.log(`Stored in ${JOB_WORK_FILE}. docs/scaling.md follows from it: npm run generate`);
}
