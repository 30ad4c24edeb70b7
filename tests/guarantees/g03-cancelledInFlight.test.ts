import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '../../scripts/local/sandbox/index.ts';
import { sweep } from '../crashPoints/invariants.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import type { NumberedWorker } from '../crashPoints/numberedWorker.ts';
import {
  type Answered,
  ask,
  type Change,
  change,
  liveOn,
  type Moment,
  type Remains,
  type Request,
  recordMoments,
  remainsOf,
} from '../shared/generation/inFlight.ts';
import { announceSeed, isLong, limitMs, seed } from '../support/runs.ts';

/** A way that a request can go by itself. */
interface Course {
  fault?: FaultRequest;
  moments: Moment[];
  /** What is left when nobody interferes. */
  remains: Remains;
}

/** By chance, of all moments in which there is a song that can be deleted; all of them in the long run. */
const DELETED_COUNT = 4;
/** Of the points of a usual life, in their order, every so many-th is tried, from one that the seed names; all of them in the long run. */
const STRIDE = 5;
/** What the provider takes for one order. */
const PRICE = 3;

/** State, songs, and what of them is in the bucket, that are met at the least. */
const STAGES = [
  'queued',
  'submitting not accepted',
  'submitting accepted',
  'unknown',
  'submitted making+making',
  'archiving making+making',
  'archiving making+making staging',
  'archiving making+making songs+staging',
  'archiving making+making songs',
  'ready ready+ready songs',
  'ready ready+ready covers+songs+staging',
  'ready ready+ready covers+songs',
  'failed failed+failed',
];
let lane: Lane;
let worker: NumberedWorker;
let usual: Course;
let others: Course[];
const stages = new Set<string>();
let tried = 0;
const unreached: string[] = [];

beforeAll(async () => {
  lane = await openLane();
  worker = lane.worker();
  usual = await record();
  others = [];
  for (const name of ['acceptedThenCut', 'failBoth', 'coverNever', 'audioHtml'] as const) others.push(await record({ name }));
}, 120_000);

afterAll(async () => {
  await worker.kill();
  await lane.close();
  announceSeed('cancelled in flight');
});

async function record(fault?: FaultRequest): Promise<Course> {
  if (fault) lane.studio.sandbox.faults.add(fault);
  const recorded = await recordMoments(lane, worker);
  await clear();
  return fault ? { fault, ...recorded } : recorded;
}

async function clear(): Promise<void> {
  lane.studio.sandbox.faults.delete();
  await sweep(lane);
}

/** The worker stops there, the owner changes his mind, the worker goes on, and all is cleared up. @returns what is not as promised */
async function tryMoment(course: Course, moment: Moment, what: Change): Promise<string[]> {
  const { point, kind, hit } = moment;
  tried += 1;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    if (course.fault) lane.studio.sandbox.faults.add(course.fault);
    const request = await ask(lane);
    const stopped = await liveOn(lane, (run) => worker.run(run === 1 ? { action: 'stop', point, kind, hit } : undefined));
    if (stopped.how === 'stopped') {
      const answered = await change(lane, request, what, worker.goOn);
      await liveOn(lane, () => worker.run());
      const faults = await faultsOf(course, request, answered, what, kind === 'during');
      await clear();
      stages.add(stageOf(answered));
      return faults.map((fault) => `${what} at "${stageOf(answered)}", ${kind} ${point} (${hit}): ${fault}`);
    }
    await clear();
    await worker.kill();
    worker = lane.worker(); // some points are met only once in the life of a process
  }
  unreached.push(`${kind} ${point} (${hit})`);
  return [];
}

async function faultsOf(course: Course, request: Request, answered: Answered, what: Change, isInMotion: boolean): Promise<string[]> {
  const { before, after, statuses, hasWaited } = answered;
  const remains = await remainsOf(
    lane,
    request,
    before.songs.map(({ songId }) => songId),
  );
  const isCancelled = what === 'cancel' ? statuses[0] === 200 : remains.state === 'cancelled';
  const isFree = after?.credits.released === 1;
  const wanted = what === 'cancel' && !isCancelled ? course.remains : expected(answered, { what, isCancelled, isFree, remains });
  const faults = (Object.keys(wanted) as (keyof Remains)[]).flatMap((key) => {
    const [found, right] = [JSON.stringify(remains[key]), JSON.stringify(wanted[key])];
    return found === right ? [] : [`${key} is ${found}, not ${right}`];
  });
  if (statuses.some((status) => status !== 200 && (what !== 'cancel' || status !== 409))) faults.push(`answered ${statuses}`);
  if (hasWaited || isInMotion) return faults; // the worker may have changed what was seen before
  const hadEnded = before.state === 'ready' || before.state === 'failed';
  if (isCancelled !== (what !== 'delete one' && !hadEnded)) faults.push(`cancelled, from ${before.state}: ${isCancelled}`);
  if (isCancelled && isFree !== (before.state === 'queued')) faults.push(`credit back, from ${before.state}: ${isFree}`);
  return faults;
}

interface End {
  what: Change;
  isCancelled: boolean;
  isFree: boolean;
  remains: Remains;
}

/** What is to be left of a request that was cancelled, or lost songs. */
function expected({ before }: Answered, { what, isCancelled, isFree, remains }: End): Remains {
  const state = isCancelled ? 'cancelled' : 'ready';
  const kept = Array.from({ length: what === 'delete one' ? 1 : 0 }, () => 'ready');
  // The provider has taken it, and nobody wrote down which songs it makes.
  const isLost = !isFree && remains.stored.media.empty + kept.length === 0;
  const price = isFree ? 0 : PRICE;
  return {
    state,
    songs: kept,
    credits: { reserved: 1, settled: isFree ? 0 : 1, released: isFree ? 1 : 0 },
    ledger: isFree ? ['release', 'reserve'] : ['reserve', 'settle'],
    isBalanceExact: true,
    listed: { songs: kept, generations: [`true ${state}`] },
    gone: before.songs.length > kept.length ? [404] : [],
    stored: {
      songs: kept.length,
      media: { full: kept.length, empty: isFree || isLost ? 0 : 2 - kept.length },
      work: ['generation done'],
      objects: [...kept.map(() => 'covers'), ...kept.map(() => 'songs')],
    },
    provider: { accepted: isFree ? 0 : 1, charged: { all: price, lost: isLost ? price : 0 } },
  };
}

function stageOf({ before: { state, songs }, objects, accepted }: Answered): string {
  const more =
    state === 'submitting'
      ? accepted > 0
        ? 'accepted'
        : 'not accepted'
      : songs
          .map((song) => song.state)
          .sort()
          .join('+');
  return [state, more, [...new Set(objects)].join('+')].filter(Boolean).join(' ');
}

/** The first hit of each point: after its answer has come, if it ever does; in the long run also before and while it is waited for. */
function firstHits(moments: Moment[]): Moment[] {
  const first = moments.filter(({ hit }) => hit === 1);
  if (isLong) return first;
  const answered = new Set(first.filter(({ kind }) => kind === 'after').map(({ point }) => point));
  return first.filter(({ kind, point }) => kind === 'after' || (kind === 'before' && !answered.has(point)));
}

function sample(moments: Moment[]): Moment[] {
  return isLong ? moments : moments.filter((_, index) => index % STRIDE === seed % STRIDE);
}

/** Moments in which there are songs: after the first run of the worker, which orders them. */
function withSongs(): Moment[] {
  const seen = new Set<string>();
  const first = usual.moments.filter(({ run, point, kind }) => run > 1 && !seen.has(`${point} ${kind}`) && seen.add(`${point} ${kind}`));
  if (isLong) return first;
  return first
    .map((moment) => ({ moment, rank: createHash('sha256').update(`${seed} ${moment.point} ${moment.kind}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, DELETED_COUNT)
    .map(({ moment }) => moment);
}

async function tryAll(course: Course, moments: Moment[], what: Change): Promise<string[]> {
  const faults: string[] = [];
  for (const moment of moments) faults.push(...(await tryMoment(course, moment, what)));
  return faults;
}

describe('G3: the owner of a song in the making changes his mind, and the worker stands in the middle of a step', () => {
  it(
    'at whatever point: cancelled, it costs what is promised, what still comes is discarded, and nothing is left',
    async () => {
      expect(await tryAll(usual, sample(firstHits(usual.moments)), 'cancel')).toEqual([]);
    },
    limitMs(300_000),
  );

  it(
    'at points that only a request in trouble comes by: the same',
    async () => {
      const known = new Set(usual.moments.map(({ point }) => point));
      for (const course of others) {
        const fresh = firstHits(course.moments).filter(({ point }) => !known.has(point));
        for (const { point } of course.moments) known.add(point);
        expect([course.fault, await tryAll(course, fresh, 'cancel')]).toEqual([course.fault, []]);
      }
    },
    limitMs(120_000),
  );

  it(
    'of both songs, when there are any: the last one that is deleted is a late cancel, unless one was ready',
    async () => {
      expect(await tryAll(usual, withSongs(), 'delete both')).toEqual([]);
    },
    limitMs(120_000),
  );

  it(
    'of one song: the other one comes, whole, and the deleted one does not',
    async () => {
      expect(await tryAll(usual, withSongs(), 'delete one')).toEqual([]);
    },
    limitMs(120_000),
  );

  it('which has been tried in every state that a request can be in', () => {
    // A sample meets every state, and all that is in the bucket meanwhile is met when every point is tried.
    if (isLong) expect([...stages]).toEqual(expect.arrayContaining(STAGES));
    const states = (met: Iterable<string>) => [...new Set([...met].map((stage) => stage.split(' ')[0]))].sort();
    expect(states(stages)).toEqual(expect.arrayContaining(states(STAGES)));
    // An answer may come too fast to be waited for, and what happened once, by chance, need not come again.
    expect([tried, unreached.length < tried / 10 ? [] : unreached]).toEqual([tried, []]);
  });
});
