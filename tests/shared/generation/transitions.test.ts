import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProviderTask } from '#shared/music';
import { BOUNDS } from '../../../shared/generation/bounds.ts';
import { Generation } from '../../../shared/generation/schema.ts';
import * as machine from '../../../shared/generation/transitions.ts';
import { hasEnded, viewOf, type Work, Work as WorkSchema } from '../../../shared/generation/work.ts';

const START_MS = Date.parse('2026-03-01T12:00:00Z');
const TASKS = ['task-a', 'task-b'];
const AUDIO = { storeId: 'gcs:songs', name: 'songs/x/y.mp3', bytes: 1, sha256: 'y', contentType: 'audio/mpeg' };

function queued(): Work {
  const at = new Date(START_MS).toISOString();
  const request: Work['request'] = {
    ...{ prompt: 'boats', title: null, style: null, lyrics: null },
    ...({ instrumental: false, voice: 'any', model: 'v4.5', visibility: 'private' } as const),
  };
  return {
    kind: 'generation',
    state: 'queued',
    ...{ generationId: 'gen_1', ownerId: 'mina', ownerName: 'Mina', retryOf: null, retriedBy: null, request },
    ...{
      failure: null,
      credits: { reserved: 1, settled: 0, released: 0 },
      songs: [],
      fence: 0,
      claimId: null,
      dueAt: at,
      tries: 0,
      polls: 0,
    },
    ...{ intentAt: null, submittedAt: null, createdAt: at, updatedAt: at },
  };
}

function task(taskId: string, state: ProviderTask['state']): ProviderTask {
  const failure = state === 'failed' ? { code: '7', text: 'no' } : null;
  return { taskId, state, audioUrl: 'https://x.test/a.mp3', coverUrl: null, durationMs: 1000, title: 'Boats', lyrics: null, failure };
}

/** What can happen to a request, whoever does it and whenever: late answers and repeated ones too. */
const anEvent = fc.oneof(
  fc.record({ kind: fc.constantFrom('intend', 'backToQueue', 'loseTrack', 'fail', 'cancel', 'putBack') }),
  fc.record({ kind: fc.constant('accept'), count: fc.integer({ min: 1, max: 2 }) }),
  fc.record({
    kind: fc.constant('hear'),
    states: fc.array(fc.constantFrom('working', 'preview', 'final', 'failed', 'missing'), { minLength: 2, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constantFrom('publish', 'countDownload', 'waitForStorage', 'cover', 'noCover', 'dropSong'),
    song: fc.constantFrom('sng_a', 'sng_b'),
  }),
);
const aHistory = fc.array(fc.tuple(anEvent, fc.constantFrom(0, 1_000, 20_000, 130_000, 900_000, 90_000_000)), { maxLength: 25 });
type Event = { kind: string; count?: number; states?: string[]; song?: string };

function apply(work: Work, { kind, count = 2, states = [], song = '' }: Event, now: Date): machine.Change {
  const songs = ['sng_a', 'sng_b'].slice(0, count).map((songId, index) => ({ songId, taskId: TASKS[index]! }));
  const heard = states.flatMap((state, index) =>
    state === 'missing' ? [] : [[TASKS[index]!, task(TASKS[index]!, state as ProviderTask['state'])] as const],
  );
  switch (kind) {
    case 'intend': // the claim does this to what is queued, and to nothing else
      return work.state === 'queued' ? machine.intend(work, now, BOUNDS) : { work, songs: [] };
    case 'backToQueue':
      return machine.backToQueue(work, now, BOUNDS, { random: 0.5 });
    case 'accept':
      return machine.accept(work, songs, now, BOUNDS);
    case 'loseTrack':
      return machine.loseTrack(work, now, BOUNDS);
    case 'fail':
      return work.songs.length === 0 ? machine.fail(work, 'provider_rejected', now, 'no') : { work, songs: [] };
    case 'hear':
      return machine.hear(work, { tasks: new Map(heard), waitMs: 0 }, now, BOUNDS);
    case 'publish':
      return machine.publish(work, { songId: song, audio: AUDIO, durationMs: 1000, title: null, lyrics: null }, now, BOUNDS);
    case 'countDownload':
      return machine.countDownload(work, song, { tries: 3, now }, BOUNDS);
    case 'waitForStorage':
      return machine.waitForStorage(work, song, now, BOUNDS);
    case 'cover':
      return machine.cover(work, song, AUDIO, now, BOUNDS);
    case 'noCover':
      return machine.cover(work, song, null, now, BOUNDS);
    case 'dropSong': // a song that is not there is not dropped
      return work.songs.some(({ songId }) => songId === song) ? machine.dropSong(work, song, now, BOUNDS) : { work, songs: [] };
    case 'cancel':
      return machine.cancel(work, now, BOUNDS);
    default:
      return machine.putBack(work, now, BOUNDS);
  }
}

/** The documents of songs as the effects leave them; an effect that a database would refuse throws. */
class Documents {
  readonly states = new Map<string, string>();
  write(effect: machine.SongEffect): void {
    const { kind, songId } = effect;
    const state = this.states.get(songId);
    const allowed = { create: [undefined], publish: ['making'], fail: ['making'], cover: ['ready'], remove: ['making', 'ready', 'failed'] };
    if (!(allowed[kind] as (string | undefined)[]).includes(state)) throw new Error(`${kind} of a song that is ${state}`);
    if (kind === 'remove') this.states.delete(songId);
    else if (kind !== 'cover') this.states.set(songId, { create: 'making', publish: 'ready', fail: 'failed' }[kind]);
  }
}

/** Runs a history and checks every step of it. */
function run(history: [Event, number][]) {
  let work = queued();
  let nowMs = START_MS;
  const documents = new Documents();
  const ends: string[] = [];
  const charges: string[] = [];
  const step = (event: Event) => {
    const before = work;
    const { work: after, songs, credit, charge } = apply(work, event, new Date(nowMs));
    work = WorkSchema.parse(after);
    for (const effect of songs) documents.write(effect);
    if (credit) ends.push(credit);
    if (charge) charges.push(charge);
    check(before, work, documents, ends, charges);
  };
  for (const [event, waitMs] of history) {
    nowMs += waitMs;
    step(event);
  }
  return { step, wait: (ms: number) => (nowMs += ms), work: () => work, ends };
}

function check(before: Work, after: Work, documents: Documents, ends: string[], charges: string[]): void {
  const { credits } = after;
  expect(ends.length).toBe(hasEnded(after) ? 1 : 0);
  expect(charges.length).toBeLessThanOrEqual(1);
  expect(credits).toEqual({ reserved: 1, settled: ends[0] === 'settle' ? 1 : 0, released: ends[0] === 'release' ? 1 : 0 });
  if (hasEnded(before)) expect(after.state).toBe(before.state);
  if (after.fence < before.fence) throw new Error('the fence went down');
  const view = Generation.parse(viewOf(after)); // strict: a field more would be refused
  for (const internal of [...TASKS, 'gcs:songs', 'dueAt', 'fence']) expect(JSON.stringify(view)).not.toContain(internal);
  expect(new Map(view.songs.map(({ songId, state }) => [songId, state]))).toEqual(documents.states);
  expect(view.failure !== null).toBe(after.state === 'failed');
  const isOpen = after.songs.some(({ state, coverDueAt }) => state === 'making' || state === 'finished' || coverDueAt !== null);
  expect(after.dueAt !== null).toBe(!hasEnded(after) || isOpen);
}

const SEED = { seed: 20261123, numRuns: 400 };

describe('the state machine of making a song', () => {
  it('keeps credit, documents and what is seen in order through any sequence of events', () => {
    fc.assert(
      fc.property(aHistory, (history) => void run(history as [Event, number][])),
      SEED,
    );
  });

  it('comes to an end from everywhere, with nothing left to do, when the provider never says a word again', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { step, wait, work, ends } = run(history as [Event, number][]);
        wait(2 * BOUNDS.storageMs);
        for (const kind of ['backToQueue', 'loseTrack', 'fail', 'hear']) step({ kind });
        for (const song of ['sng_a', 'sng_b']) step({ kind: 'noCover', song });
        expect(hasEnded(work())).toBe(true);
        expect(work().dueAt).toBeNull();
        expect(ends).toHaveLength(1);
      }),
      SEED,
    );
  });

  it('does nothing when an answer is written down a second time', () => {
    const now = new Date(START_MS);
    const submitting = machine.intend(queued(), now, BOUNDS).work;
    const accepted = machine.accept(submitting, [{ songId: 'sng_a', taskId: 'task-a' }], now, BOUNDS).work;
    expect(machine.accept(accepted, [{ songId: 'sng_a', taskId: 'task-a' }], now, BOUNDS)).toEqual({ work: accepted, songs: [] });
    const failed = machine.fail(submitting, 'provider_rejected', now).work;
    expect(machine.fail(failed, 'provider_rejected', now)).toEqual({ work: failed, songs: [] });
    expect(machine.backToQueue(failed, now, BOUNDS, { random: 0 })).toEqual({ work: failed, songs: [] });
  });

  it('waits longer and longer, with chance in it, before it orders again, and never past ten minutes', () => {
    const pauseS = (tries: number, random: number) => {
      const { work } = machine.backToQueue({ ...queued(), state: 'submitting', tries }, new Date(START_MS), BOUNDS, { random });
      return (Date.parse(work.dueAt ?? '') - START_MS) / 1000;
    };
    expect([0, 1, 2, 5, 9].map((tries) => pauseS(tries, 0))).toEqual([1, 2, 4, 30, 30]);
    expect([0, 1, 2, 5, 9].map((tries) => pauseS(tries, 0.999_999))).toEqual([2, 4, 8, 60, 60].map((s) => expect.closeTo(s, 2)));
    const late = machine.backToQueue({ ...queued(), state: 'submitting' }, new Date(START_MS + 599_500), BOUNDS, { random: 0 });
    expect(late.work).toMatchObject({ state: 'failed', failure: { code: 'provider_unavailable' } });
  });
});
