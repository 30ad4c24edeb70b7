import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Generation } from '#shared/generation';
import { projectFolder } from '../../../scripts/check/command.ts';
import { listFiles } from '../../../scripts/check/sourceTree.ts';
import { FAULTS, type FaultName, PLACES, type Place } from '../../../scripts/local/sandboxFaults/faultList.ts';
import { placesOf } from '../../../scripts/local/sandboxFaults/faults.ts';
import { readCommandLine } from '../../../scripts/sandbox/commandLine.ts';
import { listFaults } from '../../../scripts/sandbox/commands.ts';
import { type OutcomeName, outcomeNameOf, outcomeOf } from '../../../scripts/sandbox/outcomes.ts';
import { FAULT_ENDS, type OrderEnd, type PollEnd } from '../../shared/generation/faultTable.ts';

describe('A command line for the sandbox that cannot be understood', () => {
  it.each([
    ['stauts', 'There is no command stauts. Perhaps status? All of them: npm run sandbox -- --help'],
    ['fault', 'Which fault? For example: npm run sandbox -- fault failBoth --times 1\nAll of them: npm run sandbox -- faults'],
    [
      'fault acceptedThenSilense',
      'There is no fault acceptedThenSilense. Perhaps acceptedThenSilence? All of them: npm run sandbox -- faults',
    ],
    ['fault failboth', 'There is no fault failboth. Perhaps failBoth? All of them: npm run sandbox -- faults'],
    ['fault redir', 'There is no fault redir. Perhaps redirect, redirectLoop, redirectChain? All of them: npm run sandbox -- faults'],
    ['fault xxxxxxxxxxxx', 'There is no fault xxxxxxxxxxxx. All of them: npm run sandbox -- faults'],
    ['clear failC', 'There is no fault failC. Perhaps failCodeZero, failCodeEmpty, failA? All of them: npm run sandbox -- faults'],
    ['fault cut --tiems 3', "Unknown option '--tiems'. Perhaps --times? All of them: npm run sandbox -- --help"],
    ['fault cut --times', "Option '--times <value>' argument missing."],
    ['fault cut --times none', '--times: '],
    ['fault cut --times 0', '--times: '],
    ['fault slow --delay-ms 1.5', '--delay-ms: '],
    ['fault slow --count 2', '--count: slow does not read count: it reads delayMs'],
    ['fault audioHtml --at cover', '--at: audioHtml cannot strike at cover, only at audio'],
    ['fault cut --at nowhere', '--at: '],
    ['fault cut silence', 'fault takes one word at most, not: cut silence'],
    ['status --times 3', '--times belongs to fault, not to status.'],
    ['status now', 'status takes nothing more, not: now'],
    ['credits', 'How many? For example: npm run sandbox -- credits 0'],
    ['credits -3', "Unknown option '-3'."],
    ['credits lots', 'How many? For example: npm run sandbox -- credits 0'],
  ])('%s: is answered with what to type instead', (typed, said) => {
    let message = '';
    try {
      readCommandLine(typed.split(' '));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.slice(0, said.length)).toBe(said);
  });
});

type Found = (end: unknown) => OutcomeName[];
const FINE: OutcomeName[] = ['harmless', 'later'];
const ORDERS: Record<OrderEnd, OutcomeName[]> = {
  made: [...FINE, 'coverDrawn'],
  oneSong: ['otherCount'],
  queuedAgain: ['queuedAgain'],
  unknown: ['unknown', 'unknownLate'],
  rejected: ['rejected'],
  refused: ['refused'],
  outOfCredit: ['outOfCredit'],
  firstFails: ['oneFails'],
  secondFails: ['oneFails'],
  bothFail: ['bothFail'],
  timesOut: ['stays'],
};
const POLLS: Record<PollEnd, OutcomeName[]> = {
  made: FINE,
  firstTimesOut: ['askedAgain'],
  timesOut: ['askedAgain'],
  badAudio: ['badAudio'],
  coverDrawn: ['coverDrawn'],
};

/** What may be told, for an end that was found. */
const FOUND: Record<Place, Found> = {
  generate: (end) => ORDERS[end as OrderEnd],
  tasks: (end) => POLLS[end as PollEnd],
  keyInfo: (end) => (end === 'opens' ? FINE : ['probe']),
  lyrics: () => ['neverAsked'],
  audio: (end) => (end === 'made' ? [...FINE, 'takenAsItIs'] : end === 2 ? ['noAudio'] : ['badAudio']),
  cover: (end) => (end === 'kept' ? FINE : ['coverDrawn']),
  preview: () => ['neverAsked'],
};

describe('What a person is told of the faults', () => {
  const names = Object.keys(FAULTS) as FaultName[];

  it('has one line for each', () => {
    const lines = listFaults().split('\n');
    for (const name of names) expect(lines.filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
  });

  it.each(PLACES)('says of each that strikes at %s what the tests of G9 find', (place) => {
    const told = names.filter((name) => placesOf(name).includes(place)).map((name) => [name, outcomeNameOf({ name }, place)] as const);
    const wrong = told.filter(([name, outcome]) => !FOUND[place](FAULT_ENDS[name][place]).includes(outcome));
    expect(wrong).toEqual([]);
  });

  it('says it in whole sentences, for the user and for the operator', () => {
    const told = names.flatMap((name) => placesOf(name).flatMap((place) => Object.values<string>({ ...outcomeOf({ name }, place) })));
    expect(told.filter((sentence) => !/^[A-Za-z].*\.$/.test(sentence))).toEqual([]);
  });

  it('names only reasons and log entries that there are', () => {
    const told = names.flatMap((name) => placesOf(name).flatMap((place) => Object.values(outcomeOf({ name }, place)))).join(' ');
    const reasons: readonly string[] = Generation.shape.failure.unwrap().shape.code.options;
    const logged = listFiles(projectFolder)
      .filter((path) => /^shared\/(generation|music)\/.*\.ts$/.test(path))
      .map((path) => readFileSync(join(projectFolder, path), 'utf8'))
      .join('\n');
    const named = [...new Set(told.match(/\b[a-z]+_[a-z_]+\b/g))];
    const known = (word: string) => reasons.includes(word) || logged.includes(`'${word}'`);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((word) => !known(word))).toEqual([]);
  });
});
