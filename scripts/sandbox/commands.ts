import { bold } from '../local/progress.ts';
import { MODELS } from '../local/sandbox/requestSchema.ts';
import { FAULTS, type FaultDescription, type FaultName, PLACES, type Place, SONG_FAULTS } from '../local/sandboxFaults/faultList.ts';
import type { Fault } from '../local/sandboxFaults/faults.ts';
import { flagOf } from './commandLine.ts';
import type { Door } from './door.ts';
import { outcomeOf } from './outcomes.ts';

export async function showStatus(door: Door): Promise<string> {
  const { accepted, credits, calls, faults, trapped } = await door.status();
  const made = PLACES.filter((place) => calls[place]).map((place) => `${place} ${calls[place]}`);
  return [
    `Sandbox   ${door.url}${door.serviceUrl ? `, asked by ${door.serviceUrl}` : ''}`,
    `Orders    ${accepted} accepted`,
    `Credits   ${credits}`,
    `Calls     ${made.join(', ') || 'none'} (since it was started)`,
    ...(trapped > 0 ? [`Trap      ${trapped} requests came by an address that nobody may follow`] : []),
    ...(faults.length > 0 ? ['Faults', ...faults.map((fault) => `  ${nameWithOptions(fault)}, ${howOften(fault)}`)] : ['Faults    none']),
  ].join('\n');
}

/** Every fault, by where it strikes when nothing else is asked for. */
export function listFaults(): string {
  const names = Object.keys(FAULTS) as FaultName[];
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const groups = Map.groupBy(names, (name) => headingOf(FAULTS[name].at));
  const line = (name: FaultName) => {
    const { does, reads = [], also = [] }: FaultDescription = FAULTS[name];
    const flags = [...reads.map((option) => `--${flagOf(option)}`), ...(also.length > 0 ? [`--at ${also.join(',')}`] : [])];
    return `  ${name.padEnd(width)}${does}${flags.length > 0 ? `   ${flags.join(' ')}` : ''}`;
  };
  return [...groups].map(([heading, members]) => [bold(heading), ...members.map(line)].join('\n')).join('\n\n');
}

function headingOf(places: readonly Place[]): string {
  const isAll = (group: readonly Place[]) => group.every((place) => places.includes(place)) && group.length === places.length;
  if (isAll(PLACES)) return 'Every call and every file';
  if (isAll(PLACES.slice(0, 4))) return `Every call: ${places.join(', ')}`;
  if (isAll(PLACES.slice(4))) return `Every file: ${places.join(', ')}`;
  return places.join(' and ').replace(/^./, (letter) => letter.toUpperCase());
}

/** Switches it on, and tells what will be seen, how to see it, and how to end it. */
export async function switchOn(door: Door, fault: Fault): Promise<string> {
  await door.switchOn(fault);
  const places = fault.at ?? [...FAULTS[fault.name].at];
  const demo = `${portOf(door.serviceUrl)}npm run demo`;
  return [
    bold(`On: ${nameWithOptions(fault)}, ${howOften(fault)}`),
    '',
    `  The sandbox: ${FAULTS[fault.name].does}.`,
    ...seenAt(fault, places),
    '',
    `  Try it      ${fault.match ? `${demo} -- ${JSON.stringify(fault.match)}` : demo}`,
    '  Follow it   npm run sandbox -- watch',
    ...(door.logFile ? [`  Log         ${door.logFile}`] : []),
    `  Off again   npm run sandbox -- clear ${fault.name}`,
  ].join('\n');
}

/** Places at which the same comes of it stand together; those that nobody asks only when there is no other. */
function seenAt(fault: Fault, places: readonly Place[]): string[] {
  const groups = [...Map.groupBy(places, (place) => outcomeOf(fault, place))];
  const asked = groups.filter(([, [place]]) => !isRarelyAsked(place));
  return (asked.length > 0 ? asked : groups).flatMap(([{ user, operator }, at]) => [
    '',
    `  At ${at.join(', ')}`,
    ...wrapped('    The user      ', user),
    ...wrapped('    The operator  ', operator),
  ]);
}

function isRarelyAsked(place: Place | undefined): boolean {
  return place === 'lyrics' || place === 'preview' || place === 'keyInfo';
}

const WIDTH = 110;

/** Lines of at most `WIDTH`, the later ones under the first word. */
function wrapped(head: string, sentence: string): string[] {
  const lines = [head];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1)!;
    if (last.length + word.length > WIDTH) lines.push(' '.repeat(head.length) + word);
    else lines[lines.length - 1] = last.trim() === head.trim() && last === head ? last + word : `${last} ${word}`;
  }
  return lines;
}

export async function clearFaults(door: Door, name: FaultName | undefined): Promise<string> {
  const before = (await door.status()).faults.filter((fault) => name === undefined || fault.name === name);
  const on = await door.switchOff(name);
  const still = on.length > 0 ? ` Still on: ${on.map((fault) => fault.name).join(', ')}.` : ' None is on.';
  if (before.length === 0) return name === undefined ? 'No fault was on.' : `${name} was not on.${still}`;
  const said = `Off: ${before.map((fault) => fault.name).join(', ')}.`;
  const marked = before.some((fault) => SONG_FAULTS.includes(fault.name))
    ? '\nSongs that were ordered meanwhile keep what struck them.'
    : '';
  return said + still + marked;
}

export async function setCredits(door: Door, credits: number): Promise<string> {
  await door.setCredits(credits);
  const prices = Object.values(MODELS).map((model) => model.credits);
  const [least, most] = [Math.min(...prices), Math.max(...prices)];
  const said = `The provider's balance is ${credits} credits; an order costs ${least} or ${most}.`;
  if (credits >= most) return `${said}\nWhere generation was closed for want of credit, it opens by itself.`;
  const { user, operator } = outcomeOf({ name: 'outOfCredit' }, 'generate');
  const seen = [...wrapped('  The user      ', user), ...wrapped('  The operator  ', operator)];
  return [said, ...seen, '  Off again     npm run sandbox -- credits 10000'].join('\n');
}

const SONGS_SHOWN = 20;

export async function listSongs(door: Door): Promise<string> {
  const songs = await door.songs();
  if (songs.length === 0) return 'No song was ordered yet. To order two: npm run demo';
  const lines = songs
    .slice(-SONGS_SHOWN)
    .map(({ id, submission, phase, title }) => `  ${id}  order ${submission}  ${phase.padEnd(10)} ${title}`);
  const hidden = songs.length - lines.length;
  return [...(hidden > 0 ? [`  … ${hidden} before`] : []), ...lines].join('\n');
}

function nameWithOptions({ name, times: _times, ...options }: Fault): string {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return [name, ...set.map(([option, value]) => flagAs(option, value))].join(' ');
}

/** As it would be typed. */
function flagAs(option: string, value: unknown): string {
  if (value === true) return `--${flagOf(option)}`;
  const text = String(value ?? 'none');
  return `--${flagOf(option)} ${/^[\w,.:/[\]-]+$/.test(text) ? text : JSON.stringify(text)}`;
}

function howOften({ times }: Fault): string {
  if (times === undefined) return 'for every request until it is cleared';
  return times === 1 ? 'for one request' : `for ${times} requests`;
}

/** `npm run demo` looks at port 8080 unless it is told otherwise. */
function portOf(serviceUrl: string | undefined): string {
  const port = serviceUrl === undefined ? '8080' : new URL(serviceUrl).port;
  return port === '8080' ? '' : `PORT=${port} `;
}
