import { setTimeout as sleep } from 'node:timers/promises';
import { Firestore } from '@google-cloud/firestore';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { liftBudget } from '../../../scripts/bench/askForSongs.ts';
import { tapFirestore } from '../../../scripts/bench/firestoreTap.ts';
import { mostAtOnce, type Poll, recordPolls } from '../../../scripts/bench/polls.ts';
import { type Cost, WorkTally } from '../../../scripts/bench/workTally.ts';
import { openStudio, type Studio } from '../../support/studio.ts';
import { dueAtOf, type Listener, newListener } from './listener.ts';

let studio: Studio;
let people: Listener[];

beforeAll(async () => {
  studio = await openStudio();
  await liftBudget();
  people = await Promise.all(Array.from({ length: 4 }, () => newListener(studio)));
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

const WORKERS = 3;

/** For one request that goes well, both covers included, it is 20 reads and 33 writes; the rest is what three workers lose to one another. */
const MOST_READS = 60;
const MOST_WRITES = 45;

/** Each person asks one time after the other, all of them at once. */
async function askForMany(count: number): Promise<string[]> {
  const shares = people.map(async ({ ask: askOnce }, index) => {
    const ids: string[] = [];
    for (let nth = index; nth < count; nth += people.length) ids.push(await askOnce());
    return ids;
  });
  return (await Promise.all(shares)).flat();
}

/** Workers side by side, until nothing is left to do for these requests. @returns what was asked of the provider and of the database */
async function finish(ids: string[]): Promise<{ polls: Poll[]; reads: number; writes: number }> {
  const tally = new WorkTally();
  const polls: Poll[] = [];
  const costs: Cost[] = [];
  const provider = recordPolls(studio.provider, (poll) => polls.push(poll));
  const untap = tapFirestore(Firestore, tally);
  for (let seconds = 0; seconds < 180; seconds += 5) {
    await Promise.all(Array.from({ length: WORKERS }, () => studio.runWorker({ provider })));
    costs.push(tally.take().total);
    const left = await Promise.all(ids.map(dueAtOf));
    tally.take(); // our own look
    if (left.every((dueAt) => dueAt === undefined)) break;
    studio.clock.advance(5_000);
  }
  untap();
  const sum = (of: (cost: Cost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
  return { polls, reads: sum(({ reads }) => reads), writes: sum(({ writes }) => writes) };
}

async function statesOf(ids: string[]): Promise<string[]> {
  const generations = await Promise.all(ids.map((id) => people[0]!.generation(id)));
  return generations.map(({ state, songs }) => [state, ...songs.map((song) => song.state)].join(' '));
}

describe('many songs in the making at once, and three workers', () => {
  it('are all finished, each ordered once, and no task is asked for by two workers at once', async () => {
    const acceptedBefore = studio.sandbox.accepted();
    const ids = await askForMany(30);
    const { polls, reads, writes } = await finish(ids);
    expect(new Set(await statesOf(ids))).toEqual(new Set(['ready ready ready']));
    expect(studio.sandbox.accepted() - acceptedBefore).toBe(ids.length);
    expect(mostAtOnce(polls)).toBe(1); // as the workers saw it, and as the provider did:
    expect(new Set(Object.values(studio.sandbox.polls()).map((each) => each.mostAtOnce))).toEqual(new Set([1]));
    expect(reads / ids.length).toBeLessThanOrEqual(MOST_READS);
    expect(writes / ids.length).toBeLessThanOrEqual(MOST_WRITES);
  }, 90_000);

  it('one of them whose sound does not begin to come holds up none of the others', async () => {
    studio.sandbox.faults.add({ name: 'slow', at: ['audio'], match: 'a tide that takes its time', delayMs: 500_000 });
    const slow = await people[0]!.ask({ prompt: 'a tide that takes its time' });
    const others = await askForMany(8);
    // One run of one worker. The clock may be quicker than this machine: no lease is to run out.
    const run = studio.runWorker({ bounds: { waitForDueMs: 10_000, passMs: 600_000, leaseMs: 900_000 } });
    for (let seconds = 0; seconds < 400 && (await statesOf(others)).some((state) => state !== 'ready ready ready'); seconds += 1) {
      studio.clock.advance(1_000);
      await sleep(100);
    }
    expect(new Set(await statesOf(others))).toEqual(new Set(['ready ready ready']));
    expect((await statesOf([slow]))[0]).toMatch(/ making making$/);
    studio.clock.advance(600_000); // the sound comes, and the run is over
    await run;
    studio.sandbox.faults.delete();
    await studio.workUntil(async () => (await statesOf([slow]))[0] === 'ready ready ready');
  }, 60_000);
});
