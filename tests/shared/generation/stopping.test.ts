import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MediaStore } from '#shared/media';
import { database, systemWorld } from '#shared/runtime';
import { BOUNDS } from '../../../shared/generation/bounds.ts';
import { claim, type Lease } from '../../../shared/generation/lease.ts';
import { openGate } from '../../../shared/generation/providerGate.ts';
import { type Due, listDue } from '../../../shared/generation/store.ts';
import { submit } from '../../../shared/generation/submit.ts';
import { intend } from '../../../shared/generation/transitions.ts';
import type { Work } from '../../../shared/generation/work.ts';
import { createWorker } from '../../../shared/generation/worker.ts';
import { openStudio, type Studio } from '../../support/studio.ts';
import { dueAtOf, type Listener, newListener } from './listener.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterAll(() => studio.close());

describe('a worker that is told to stop', () => {
  it('takes nothing new', async () => {
    const generationId = await mina.ask();
    expect(await studio.runWorker({ signal: AbortSignal.abort() })).toBe(0);
    expect((await mina.generation(generationId)).state).toBe('queued');
  });

  it('puts an order back that has not left, and the next worker sends it', async () => {
    const generationId = await mina.ask();
    const world = { ...systemWorld, clock: studio.clock };
    const lease = await claim(await dueOf(generationId), world, BOUNDS, (work, now) => intend(work, now, BOUNDS));
    const calls = studio.sandbox.calls().generate;
    const worker = createWorker({ world, signal: AbortSignal.abort() });
    await submit(worker, lease as Lease<Work>, await openGate(worker, []));
    expect(studio.sandbox.calls().generate).toBe(calls);
    expect(await mina.generation(generationId)).toMatchObject({ state: 'queued', credits: { released: 0 } });
    studio.clock.advance(3_000);
    await studio.runWorker();
    expect((await mina.generation(generationId)).state).toBe('submitted');
  });

  it('sends no order when too little of its lease is left to write down the answer', async () => {
    const generationId = await mina.ask();
    const world = { ...systemWorld, clock: studio.clock };
    const lease = await claim(await dueOf(generationId), world, BOUNDS, (work, now) => intend(work, now, BOUNDS));
    const calls = studio.sandbox.calls().generate;
    studio.clock.advance(25_000);
    const worker = createWorker({ world, signal: new AbortController().signal });
    await submit(worker, lease as Lease<Work>, await openGate(worker, []));
    expect(studio.sandbox.calls().generate).toBe(calls);
    expect((await mina.generation(generationId)).state).toBe('queued');
  });

  it('lets go of a song half fetched at once, and no try is counted however often that happens', async () => {
    const generationId = await mina.ask();
    await studio.runWorker();
    studio.clock.advance(12_000);
    for (let times = 0; times < 4; times += 1) {
      const stopping = new AbortController();
      await studio.runWorker({ signal: stopping.signal, store: storeThatTells(() => stopping.abort()) });
      expect((await mina.generation(generationId)).songs.map(({ state }) => state)).toEqual(['making', 'making']);
      expect((await dueAtOf(generationId))?.getTime()).toBeLessThanOrEqual(studio.clock.now());
    }
    await studio.runWorker();
    expect((await mina.generation(generationId)).state).toBe('ready');
  });

  it('is not held up by a document that cannot be read, and neither are the songs', async () => {
    const db = await database();
    const poison = [{ dueAt: new Date(0) }, { dueAt: new Date(1), kind: 'generation' }, { dueAt: new Date(2), kind: 'probe' }];
    await Promise.all(Array.from({ length: 12 }, (_, index) => db.doc(`generationWork/poison_${index}`).set(poison[index % 3]!)));
    const generationId = await mina.ask();
    await studio.workUntil(async () => (await mina.generation(generationId)).state === 'submitted', { limitS: 3 });
    const moved = await Promise.all(Array.from({ length: 12 }, (_, index) => db.doc(`generationWork/poison_${index}`).get()));
    expect(moved.every((document) => document.get('dueAt').toMillis() > studio.clock.now() + 3_000_000)).toBe(true);
  });
});

async function dueOf(generationId: string): Promise<Due> {
  return (await listDue(100, new Date(studio.clock.now()))).find(({ id }) => id === generationId)!;
}

/** Stores as ever, but says when the first bytes have come. */
function storeThatTells(tell: () => void): MediaStore {
  const { store } = studio.storage;
  async function* tapped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      yield chunk;
      tell();
    }
  }
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (name !== 'stage') return method;
      return (source: AsyncIterable<Uint8Array>, options: object) => method(tapped(source), options);
    },
  });
}
