/**
 * `npm run doctor [-- check… ] [--since TIME] [--project PROJECT]`: looks whether all is well, and changes nothing.
 *
 * Exit status 1 when something is wrong, or could not be looked at.
 */
import { parseArgs } from 'node:util';
import type { Check } from './doctor/check.ts';
import { checks } from './doctor/checks.ts';
import { findPlace } from './doctor/place.ts';
import { showCount } from './import/showCount.ts';
import { bold } from './local/progress.ts';

const USAGE = [
  'Use: npm run doctor [-- CHECK…] [--since TIME] [--project PROJECT]',
  '',
  'Looks whether all is well, and changes nothing. Without a name it makes all checks · 이름을 생략하면 모든 검사를 합니다:',
  ...checks.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`),
  '',
  '  --since TIME       only what was written since, for example 2026-11-22 or 2026-11-22T09:00:00+09:00',
  '  --project PROJECT  a project of Google Cloud, with your own credentials (gcloud auth application-default login);',
  '                     without it, the Sori that runs on this machine (npm start)',
].join('\n');

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const { chosen, sinceAt, project, wantsHelp } = argumentsOf(process.argv.slice(2));
  if (wantsHelp) {
    console.log(USAGE);
    return 0;
  }
  const place = await findPlace(project, process.env);
  Object.assign(process.env, place.settings);
  console.log(`Looking at ${place.name}${sinceAt ? `, since ${sinceAt.toISOString()}` : ''}`);
  let hasFault = false;
  for (const check of chosen) hasFault = !(await isSound(check, sinceAt)) || hasFault;
  console.log(hasFault ? 'Something is wrong · 문제가 있습니다' : 'All is well · 이상 없습니다');
  return hasFault ? 1 : 0;
}

async function isSound(check: Check, sinceAt: Date | undefined): Promise<boolean> {
  const line = showCount();
  try {
    const finding = await check.run({ sinceAt, progress: (text) => line.update(`${check.name}: ${text}`) });
    line.end();
    console.log(`${bold(check.name)}: ${finding.isSound ? 'sound' : 'NOT SOUND'}`);
    console.log(finding.lines.join('\n'));
    return finding.isSound;
  } catch (error) {
    line.end();
    console.log(`${bold(check.name)}: could not be looked at: ${(error as Error).message}`);
    console.log('What next: is the database reachable, and may you read it? On Google Cloud: gcloud auth application-default login');
    return false;
  }
}

function argumentsOf(args: string[]) {
  const options = { help: { type: 'boolean', short: 'h' }, since: { type: 'string' }, project: { type: 'string' } } as const;
  const { values, positionals } = parse(() => parseArgs({ args, options, allowPositionals: true }));
  const unknown = positionals.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) throw new Error(`There is no check "${unknown}".\n\n${USAGE}`);
  const chosen = checks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const sinceAt = values.since === undefined ? undefined : new Date(values.since);
  if (sinceAt && Number.isNaN(sinceAt.getTime())) throw new Error(`"${values.since}" is no time.\n\n${USAGE}`);
  return { chosen, sinceAt, project: values.project, wantsHelp: values.help === true };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}
