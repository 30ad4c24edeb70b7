/** The function that takes requests is killed at every point of its work, and the client tries again with the same key. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import { type Cell, chooseCells, type Outcome, tryCells } from '../crashPoints/crashMatrix.ts';
import { findViolations, sweep } from '../crashPoints/invariants.ts';
import { liveOut, PROMPT } from '../faults/liveOut.ts';
import { type CreateSongs, openCreateSongs } from '../faults/numberedCreateSong.ts';
import { tokenNow } from '../faults/tokenNow.ts';
import { faultsOfTraces, type Traces, tracesOf } from '../faults/traces.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { announceSeed, isLong, limitMs } from '../support/runs.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let functions: CreateSongs;

beforeAll(async () => {
  announceSeed('createSong is killed');
  studio = await openStudio();
  functions = await openCreateSongs(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
});

afterAll(async () => {
  await functions?.close();
  await studio?.close();
});

const INPUT = { prompt: PROMPT };
const REQUESTS_OF_ONE = 100;
let current: Listener;
let requestCount = 0;

async function someone(): Promise<Listener> {
  if (requestCount % REQUESTS_OF_ONE === 0) current = await newListener(studio);
  requestCount += 1;
  return current;
}

/** Only our steps: what they stand on is tried in long runs. */
function isOurs({ point }: Cell): boolean {
  return isLong || /^(functions|shared\/(generation|limits|endpoint))\//.test(point);
}

/** What a whole call comes by, in a process that has just started. */
async function record(): Promise<Cell[]> {
  const listener = await someone();
  const call = functions.take();
  await call.setPlan({ action: 'record' });
  expect(await call.call(INPUT, tokenNow(studio, listener), randomUUID())).toBe(202);
  const cells = await call.cells();
  await call.end();
  await sweep({ studio });
  return cells;
}

/** One call that dies there. What it leaves is nothing or a whole request, which the worker makes; the repetition makes it one. */
async function tryCall({ point, kind, hit }: Cell): Promise<Outcome> {
  const listener = await someone();
  const before = await tracesOf(listener);
  const token = tokenNow(studio, listener);
  const key = randomUUID();
  const call = functions.take();
  await call.setPlan({ action: 'kill', point, kind, hit });
  const status = await call.call(INPUT, token, key);
  const isReached = await call.end();

  const left = await tracesOf(listener, before);
  const violations = await faultsOf(listener, left);
  const wasTaken = left.requests.length === 1;
  if (status === 202 && !wasTaken) violations.push('answered 202 and left nothing');
  const again = await studio.service.call(createSong, INPUT, { token, headers: { 'idempotency-key': key } });
  const made = await tracesOf(listener, before);
  violations.push(...(await faultsOf(listener, made)));
  const wasReplayed = again.headers.get('idempotent-replayed') === 'true';
  if (again.status !== 202 || made.requests.length !== 1 || wasReplayed !== wasTaken) {
    violations.push(`the repetition: ${again.status}, replayed: ${wasReplayed}, requests before ${left.requests}, after ${made.requests}`);
  }
  for (const generationId of left.requests) violations.push(...(await makeIt(listener, generationId)));
  await sweep({ studio });
  return { isReached, violations };
}

/** Nothing half: the credit, the request and its work are there together. */
async function faultsOf(listener: Listener, traces: Traces): Promise<string[]> {
  const db = await database();
  const faults = await faultsOfTraces(listener, traces);
  for (const id of traces.requests) {
    const work = await db.doc(`generationWork/${id}`).get();
    if (work.get('state') !== 'queued' || !work.get('dueAt')) faults.push(`the work of ${id} is ${work.get('state')}`);
  }
  return faults;
}

async function makeIt(listener: Listener, generationId: string): Promise<string[]> {
  const accepted = studio.sandbox.accepted();
  const life = { listener, generationId, askedAtMs: studio.clock.now(), endedAtMs: undefined, deletedSongId: undefined };
  await liveOut(studio, [life]);
  const { state } = await listener.generation(generationId);
  const violations = await findViolations({ studio }, [life], accepted);
  return state === 'ready' ? violations : [...violations, `it is ${state}`];
}

describe('G1: createSong is killed', () => {
  it(
    'at any point of a call: there is no trace of it or a whole request, and the same key again is one request and one credit',
    async () => {
      const tried = chooseCells((await record()).filter(isOurs), 24);
      const { violations, reachedCount } = await tryCells(tried, tryCall);
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.8 * tried.length);
    },
    limitMs(120_000),
  );
});
