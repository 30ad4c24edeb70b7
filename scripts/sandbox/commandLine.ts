import { parseArgs } from 'node:util';
import { ADDRESSES } from '../local/sandboxFaults/addresses.ts';
import { FAULTS, type FaultName, PLACES } from '../local/sandboxFaults/faultList.ts';
import { type Fault, FaultRequest } from '../local/sandboxFaults/faults.ts';
import { nearestNames } from './nearestNames.ts';

export type Command =
  | { name: 'help' }
  | { name: 'status' }
  | { name: 'faults' }
  | { name: 'songs' }
  | { name: 'watch' }
  | { name: 'fault'; fault: Fault }
  | { name: 'clear'; fault: FaultName | undefined }
  | { name: 'credits'; credits: number };

export const HELP = `npm run sandbox -- <command>      the stand-in for TopMediai of the running local cloud (npm start)

  status            accepted orders, credits, calls, and the faults that are on
  faults            every fault there is, by where it strikes
  fault <name>      switches one on, and says what will be seen
  clear [name]      switches it off again, or all of them
  credits <number>  sets the provider's balance
  songs             the songs that were ordered, and how far they are
  watch             follows the provider's calls, one line each, until Ctrl-C

Options of fault
  --times N         strikes N requests; without it every request, until it is cleared
  --match TEXT      strikes only orders whose words have this, and what comes of them
  --at PLACES       of the places where it can strike only these: ${PLACES.join(',')}
  --delay-ms N  --retry-after-s N  --count N  --polls N  --code N  --text TEXT  --status N  --after-preview
                    what 'faults' names behind a fault; none for --code and --text leaves them out
  --url ADDRESS     or one of: ${Object.keys(ADDRESSES).join(' ')}

Options of all
  --sandbox URL     another sandbox than the one that npm start has begun
  --help            this text

To watch a failure
  npm run sandbox -- fault failBoth --times 1
  npm run demo
  npm run sandbox -- clear`;

const FAULT_OPTIONS = {
  times: { type: 'string' },
  match: { type: 'string' },
  at: { type: 'string', multiple: true },
  'delay-ms': { type: 'string' },
  'retry-after-s': { type: 'string' },
  count: { type: 'string' },
  polls: { type: 'string' },
  code: { type: 'string' },
  text: { type: 'string' },
  status: { type: 'string' },
  'after-preview': { type: 'boolean' },
  url: { type: 'string' },
} as const;

const OPTIONS = { ...FAULT_OPTIONS, sandbox: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

const COMMANDS = ['status', 'faults', 'fault', 'clear', 'credits', 'songs', 'watch'] as const;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): { command: Command; sandbox: string | undefined } {
  const { values, positionals } = parse(args);
  const [typed = 'help', ...rest] = positionals;
  const sandbox = values.sandbox;
  if (values.help || typed === 'help') return { command: { name: 'help' }, sandbox };
  const name = COMMANDS.find((command) => command === typed);
  if (name === undefined)
    throw new Error(`There is no command ${typed}.${orNearest(typed, COMMANDS)} All of them: npm run sandbox -- --help`);
  const foreign = Object.keys(values).find((option) => option in FAULT_OPTIONS && name !== 'fault');
  if (foreign !== undefined) throw new Error(`--${foreign} belongs to fault, not to ${name}.`);
  return { command: commandOf(name, rest, values), sandbox };
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  try {
    return parseArgs({ args: withNegativeNumbers(args), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const [said = ''] = (error as Error).message.split('. '); // what follows is about positional arguments
    const option = /'--([\w-]+)/.exec(said)?.[1] ?? '';
    throw new Error(`${said.replace(/\.$/, '')}.${orNearest(option, Object.keys(OPTIONS), '--')} All of them: npm run sandbox -- --help`);
  }
}

/** `--status -2` as `--status=-2`: else the number is taken for an option. */
function withNegativeNumbers(args: string[]): string[] {
  const isValue = (at: number) => /^-\d+$/.test(args[at] ?? '') && /^--[^=]+$/.test(args[at - 1] ?? '');
  return args.flatMap((arg, at) => (isValue(at) ? [] : isValue(at + 1) ? [`${arg}=${args[at + 1]}`] : [arg]));
}

function commandOf(name: (typeof COMMANDS)[number], rest: string[], values: Values): Command {
  const [first, ...more] = rest;
  if (more.length > 0) throw new Error(`${name} takes one word at most, not: ${rest.join(' ')}`);
  if (name === 'fault') {
    if (first === undefined)
      throw new Error('Which fault? For example: npm run sandbox -- fault failBoth --times 1\nAll of them: npm run sandbox -- faults');
    return { name, fault: faultOf(knownFault(first), values) };
  }
  if (name === 'clear') return { name, fault: first === undefined ? undefined : knownFault(first) };
  if (name === 'credits') return { name, credits: creditsOf(first) };
  if (first !== undefined) throw new Error(`${name} takes nothing more, not: ${first}`);
  return { name };
}

function knownFault(typed: string): FaultName {
  if (Object.hasOwn(FAULTS, typed)) return typed as FaultName;
  throw new Error(`There is no fault ${typed}.${orNearest(typed, Object.keys(FAULTS))} All of them: npm run sandbox -- faults`);
}

function creditsOf(typed: string | undefined): number {
  if (typed !== undefined && /^\d{1,9}$/.test(typed)) return Number(typed);
  throw new Error('How many? For example: npm run sandbox -- credits 0');
}

function faultOf(name: FaultName, values: Values): Fault {
  const places = values.at?.flatMap((places) => places.split(',')).map((place) => place.trim());
  const parsed = FaultRequest.safeParse({
    name,
    times: numberOf(values.times),
    match: values.match,
    at: places,
    delayMs: numberOf(values['delay-ms']),
    retryAfterS: numberOf(values['retry-after-s']),
    count: numberOf(values.count),
    polls: numberOf(values.polls),
    code: values.code === 'none' ? null : numberOf(values.code),
    text: values.text === 'none' ? null : values.text,
    status: numberOf(values.status),
    afterPreview: values['after-preview'],
    url: values.url,
  });
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path, message }) => `--${flagOf(String(path[0]))}: ${message}`).join('\n'));
}

/** What is no number becomes NaN, and is refused by the schema. */
function numberOf(typed: string | undefined): number | undefined {
  return typed === undefined ? undefined : Number(typed.trim() || Number.NaN);
}

/** `delayMs` is `--delay-ms`. */
export function flagOf(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function orNearest(typed: string, names: readonly string[], before = ''): string {
  const nearest = nearestNames(typed, names).map((name) => before + name);
  return nearest.length > 0 ? ` Perhaps ${nearest.join(', ')}?` : '';
}
