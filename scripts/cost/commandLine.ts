import { parseArgs } from 'node:util';
import { USUAL } from './referenceUser.ts';
import type { Plan } from './workload.ts';

export interface CostCommand {
  command: 'help' | 'measure' | 'month';
  plan: Plan;
  isJson: boolean;
}

export const HELP = `npm run cost -- --users N      what a month costs at Google and at the provider, in US dollars without tax
                              한 달 운영 비용 추정

  --users N    people who use it in that month
  --plays N    songs that each of them plays in it: ${USUAL.plays} by default, 3 minutes at 192 kbit/s
  --songs N    requests for songs of each, two songs made of each: ${USUAL.songs} by default
  --months N   how old the service is, as what is stored grows: ${USUAL.months} by default, the middle of its first year
  --json       as data, and nothing else on the standard output
  --measure    runs the jobs here and stores what they ask for in docs/measured/jobs.json (takes some minutes)
  --help       this text

It is reckoned from the definitions' resources, docs/budgets.json, docs/measured/jobs.json and the prices in shared/reports/prices.ts.`;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): CostCommand {
  const { values } = parse(args);
  const plan = {
    users: number('users', values.users, 0),
    plays: number('plays', values.plays, USUAL.plays),
    songs: number('songs', values.songs, USUAL.songs),
    months: number('months', values.months, USUAL.months),
  };
  const isJson = values.json === true;
  if (values.help || args.length === 0) return { command: 'help', plan, isJson };
  if (values.measure) return { command: 'measure', plan, isJson };
  if (values.users === undefined) throw new Error(`--users is missing: npm run cost -- --users 500\n\n${HELP}`);
  return { command: 'month', plan, isJson };
}

function number(option: string, typed: string | undefined, usual: number): number {
  if (typed === undefined) return usual;
  const value = Number(typed);
  const isUsable = typed.trim() !== '' && Number.isFinite(value) && value >= 0 && value <= 1e9;
  if (!isUsable) throw new Error(`--${option} takes a number from 0 on, not ${typed}`);
  return value;
}

function parse(args: string[]) {
  const [word, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = {
    users: word,
    plays: word,
    songs: word,
    months: word,
    json: flag,
    measure: flag,
    help: { ...flag, short: 'h' },
  } as const;
  try {
    return parseArgs({ args, options });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}
