/**
 * `npm run doctor [-- CHECK…] [--list LIST] [--since TIME] [--project PROJECT] [--json]`: looks whether all is well, and changes nothing.
 *
 * Exit status 1 when something is broken, or could not be looked at.
 */
import { parseArgs } from 'node:util';
import { closeDatabase, inParallel } from '#shared/runtime';
import { type Check, type CheckContext, type Examined, examine, LISTS, type List } from './doctor/check.ts';
import { checks } from './doctor/checks.ts';
import { findPlace } from './doctor/place.ts';
import { isWell, linesOf, titleOf, verdictOf } from './doctor/show.ts';
import { siteOf } from './doctor/site.ts';
import { showCount } from './import/showCount.ts';

const USAGE = [
  'Use: npm run doctor [-- CHECK…] [--list before|during|after] [--since TIME] [--project PROJECT] [--json]',
  '',
  'Looks whether all is well, and changes nothing. Without a name it makes all but the last · 이름을 생략하면 마지막을 뺀 모든 검사를 합니다:',
  ...checks.map(({ name, list, summary }) => `  ${name.padEnd(13)} ${list.padEnd(6)}  ${summary.en} · ${summary.ko}`),
  '',
  '  --list LIST        one list: before, during or after a deployment',
  '  --since TIME       only what was written since, for example 2026-11-22 or 2026-11-22T09:00:00+09:00',
  '  --project PROJECT  a project of Google Cloud, with your own credentials (gcloud auth application-default login);',
  '                     without it, the Sori that runs on this machine (npm start)',
  '  --json             everything that was seen, as data',
].join('\n');

/** The loads on one machine stay small, and what is slow does not hold up the rest. */
const AT_ONCE = 8;

process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with it what we write to
process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();

async function main(): Promise<number> {
  const asked = argumentsOf(process.argv.slice(2));
  if (asked.wantsHelp) {
    console.log(USAGE);
    return 0;
  }
  const place = await findPlace(asked.project, process.env);
  const site = await siteOf(place, process.env);
  Object.assign(process.env, { LOG_LEVEL: 'silent' }, site.settings);
  const say = asked.isJson ? console.error : console.log;
  say(`Looking at ${place.name}${asked.sinceAt ? `, since ${asked.sinceAt.toISOString()}` : ''}`);
  const examined = await examineAll(asked.chosen, { site, sinceAt: asked.sinceAt });
  await closeDatabase();
  if (asked.isJson) console.log(JSON.stringify({ isWell: isWell(examined), checks: examined }, null, 2));
  else console.log([...LISTS.flatMap((list) => shownList(list, examined)), '', verdictOf(examined)].join('\n'));
  return isWell(examined) ? 0 : 1;
}

/** Side by side; in their own order. */
async function examineAll(chosen: Check[], context: Omit<CheckContext, 'progress'>): Promise<Examined[]> {
  const line = showCount();
  const running = new Set<string>();
  const examined = new Map<string, Examined>();
  await inParallel(chosen, AT_ONCE, async (check) => {
    running.add(check.name);
    const progress = (text: string) => line.update(`${examined.size} of ${chosen.length}; ${[...running].join(', ')}: ${text}`);
    progress('…');
    examined.set(check.name, await examine(check, { ...context, progress }));
    running.delete(check.name);
  });
  line.end();
  return chosen.flatMap(({ name }) => examined.get(name) ?? []);
}

function shownList(list: List, examined: Examined[]): string[] {
  const own = examined.filter((found) => found.list === list);
  return own.length === 0 ? [] : ['', titleOf(list), ...own.flatMap(linesOf)];
}

function argumentsOf(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { help: { ...flag, short: 'h' }, list: text, since: text, project: text, json: flag } as const;
  const { values, positionals } = parse(() => parseArgs({ args, options, allowPositionals: true }));
  const unknown = positionals.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) throw new Error(`There is no check "${unknown}".\n\n${USAGE}`);
  if (values.list !== undefined && !LISTS.some((list) => list === values.list))
    throw new Error(`There is no list "${values.list}".\n\n${USAGE}`);
  const sinceAt = values.since === undefined ? undefined : new Date(values.since);
  if (sinceAt && Number.isNaN(sinceAt.getTime())) throw new Error(`"${values.since}" is no time.\n\n${USAGE}`);
  return { chosen: chosenOf(positionals, values.list), sinceAt, project: values.project, isJson: values.json, wantsHelp: values.help };
}

function chosenOf(names: string[], list: string | undefined): Check[] {
  if (names.length > 0) return checks.filter(({ name }) => names.includes(name));
  return checks.filter((check) => (list === undefined ? check.list !== 'asked' : check.list === list));
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}
