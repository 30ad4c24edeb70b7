import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Endpoint } from '#shared/endpoint';
import { advanceGenerations, type Worker } from '#shared/generation';
import { ProviderFault, topMediai } from '#shared/music';
import { database } from '#shared/runtime';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import { newListener } from '../shared/generation/listener.ts';
import { endTrouble, newWorker } from '../shared/generation/trouble.ts';
import { makePeople } from '../support/callers.ts';
import { measureFirestoreWork } from '../support/firestoreWork.ts';
import { given } from '../support/given.ts';
import { openStudio, type Studio } from '../support/studio.ts';

/** On a machine that does ten things at once. */
const LONGEST_MS = 150_000;

let studio: Studio;

/** What one function answered, and what it asked of the database for that. */
interface Seen {
  status: number;
  roundTrips: number;
  /** Names of the fields of the answer. */
  fields: string[];
}

const quiet = new Map<string, Seen>();
const hanging = new Map<string, Seen>();
const closed = new Map<string, Seen>();
let callsMeanwhile: number;
const over = new AbortController();
let runs: Promise<number>[] = [];

/** The same calls three times: while all is well, while the provider hangs with songs under way, and while it is left alone. */
beforeAll(async () => {
  studio = await openStudio();
  const mina = await newListener(studio);
  const worker = newWorker(studio);
  await callAll(quiet); // the first time is another time: what is loaded at first use is loaded now
  await callAll(quiet);

  await endTrouble(studio); // what those calls have asked for
  await mina.ask();
  await advanceGenerations(worker);
  studio.clock.advance(4_000);
  for (let song = 0; song < 3; song += 1) await mina.ask();
  studio.sandbox.faults.add({ name: 'silence', at: ['generate', 'tasks', 'keyInfo'] }); // who asks for lyrics waits for the provider, and for 20 s at most
  const started = studio.sandbox.calls();
  runs = [advanceGenerations(waitingLong(worker)), advanceGenerations(waitingLong(newWorker(studio)))];
  while (waitingCalls() < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = studio.sandbox.calls();
  expect([before.generate - started.generate, before.tasks - started.tasks]).toEqual([3, 1]);
  await callAll(hanging);
  callsMeanwhile = studio.sandbox.calls().generate - before.generate;
  expect(waitingCalls()).toBe(4);

  await giveUp();
  studio.sandbox.faults.delete();
  studio.sandbox.faults.add({ name: 'keyRefused401', at: ['generate'] });
  await mina.ask();
  await advanceGenerations(worker);
  await callAll(closed);
}, LONGEST_MS);

afterAll(async () => {
  await giveUp();
  await studio.close();
});

async function giveUp(): Promise<void> {
  over.abort();
  await Promise.all(runs);
}

/** Orders and polls of songs that the sandbox has taken and not answered. */
function waitingCalls(): number {
  const waiting = studio.sandbox.requests().filter(({ endedAt }) => endedAt === null);
  return waiting.filter(({ place }) => place === 'generate' || place === 'tasks').length;
}

/** For longer than this test takes: nothing else is to happen in this process meanwhile. */
function waitingLong(worker: Worker): Worker {
  const timeouts = { submitMs: 120_000, tasksMs: 120_000 };
  const provider = topMediai({ baseUrl: studio.sandbox.url, apiKey: 'studio-key', timeouts });
  const givenUp = new Promise<never>((_resolve, reject) => {
    over.signal.addEventListener('abort', () => reject(new ProviderFault('unavailable', { reason: 'the test is over' })));
  });
  givenUp.catch(() => undefined);
  return {
    ...worker,
    provider: {
      ...provider,
      submit: (request) => provider.submit(request, { signal: over.signal }),
      getTasks: (taskIds) => Promise.race([provider.getTasks(taskIds), givenUp]),
    },
  };
}

/** These change what the others meet, and come last. */
const LAST = ['updateSettings', 'updateUser', 'signOut', 'deleteAccount'];

/** Every function, but those that Scheduler fires. */
function functions(): Endpoint[] {
  const called = studio.service.endpoints.filter(({ access }) => access !== 'scheduler');
  return called.sort((left, right) => LAST.indexOf(left.name) - LAST.indexOf(right.name));
}

async function callAll(seen: Map<string, Seen>): Promise<void> {
  const { owner, admin } = await makePeople(studio.service);
  await given.credits({ owner: owner.uid });
  const inputs = new Map<string, Record<string, unknown>>();
  for (const endpoint of functions()) {
    const id = await variantsFor(endpoint)
      .find(({ isWhole }) => isWhole)
      ?.make(owner.uid);
    inputs.set(endpoint.name, await givenInput(studio.service, endpoint, id));
  }
  studio.clock.advance(61_000); // what processes remember is looked up anew
  for (const endpoint of functions()) {
    const token = await (endpoint.access === 'admin' ? admin : owner).tokenFor(endpoint.name);
    const call = () => studio.service.call(endpoint, inputs.get(endpoint.name) ?? {}, { token });
    const { result, callCount } = await measureFirestoreWork(call);
    const body = result.body as object | undefined;
    seen.set(endpoint.name, { status: result.status, roundTrips: callCount, fields: Object.keys(body ?? {}).sort() });
  }
  const db = await database();
  await db.doc('settings/service').delete(); // what an operator may change was changed, too
}

describe('G9: while the provider hangs, and songs are being asked for', () => {
  it('every function answers as before, and asks the database no more often', () => {
    expect(Object.fromEntries(hanging)).toEqual(Object.fromEntries(quiet));
  });

  it('asking for a song does not wait for the provider: it is not even called', () => {
    expect(hanging.get('createSong')).toMatchObject({ status: 202 });
    expect(callsMeanwhile).toBe(0);
  });
});

describe('G9: while the provider is left alone', () => {
  it('every function answers as before, and asks the database no more often, but those which ask for songs or lyrics', () => {
    const refused = expect.objectContaining({ status: 503 });
    const asking = { createSong: refused, retryGeneration: refused, writeLyrics: refused };
    expect(Object.fromEntries(closed)).toEqual({ ...Object.fromEntries(quiet), ...asking });
  });
});
