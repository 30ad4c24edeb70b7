/** The row "storage unavailable" of the bounds: nothing is counted, nothing is lost, and it comes back by itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MediaFault, type MediaFaultKind, type MediaStore } from '#shared/media';
import { database } from '#shared/runtime';
import { openStudio, type Studio } from '../../support/studio.ts';
import { dueAtOf, type Listener, measureSong, newListener } from './listener.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

async function askAndFinishAtProvider(): Promise<string> {
  const generationId = await mina.ask();
  await studio.runWorker();
  studio.clock.advance(12_000);
  return generationId;
}

/** A storage that answers so, at one of its two steps. */
function brokenStore(step: 'stage' | 'publish', kind: MediaFaultKind): MediaStore {
  const { store } = studio.storage;
  const fail = () => Promise.reject(new MediaFault(kind, 'broken for a test'));
  return new Proxy(store, {
    get: (target, name) => {
      if (name === step) return fail;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function states(generationId: string): Promise<string[]> {
  const { state, songs } = await mina.generation(generationId);
  return [state, ...songs.map((song) => song.state)];
}

describe('while our storage is down', () => {
  it('a finished song waits in archiving, the provider is left alone, and it is ready within 30 s of the repair', async () => {
    const generationId = await askAndFinishAtProvider();
    await studio.storage.stop();
    await studio.runWorker();
    expect(await states(generationId)).toEqual(['archiving', 'making', 'making']);
    studio.clock.advance(15_000);
    await studio.runWorker();
    expect(studio.sandbox.calls().audio).toBe(0);

    await studio.storage.start();
    const seconds = await studio.workUntil(async () => (await states(generationId)).every((state) => state === 'ready'), { limitS: 30 });
    expect(seconds).toBeLessThanOrEqual(30);
    for (const { songId } of (await mina.generation(generationId)).songs) {
      const { said, found } = await measureSong(studio, songId);
      expect(found).toEqual(said);
    }
    expect((await mina.credits()).balance).toBe((await mina.credits()).sum);
  });

  it.each<['stage' | 'publish', MediaFaultKind]>([
    ['stage', 'unavailable'],
    ['stage', 'forbidden'],
    ['stage', 'missing'],
    ['publish', 'unavailable'],
    ['publish', 'forbidden'],
    ['publish', 'damaged'],
  ])('at %s (%s) no try is counted, for hours, and it ends ready', async (step, kind) => {
    const generationId = await askAndFinishAtProvider();
    const worker = { store: brokenStore(step, kind) };
    for (let hours = 0; hours < 6; hours += 3) {
      await studio.runWorker(worker);
      expect(await states(generationId)).toEqual(['archiving', 'making', 'making']);
      studio.clock.advance(3 * 3_600_000);
    }
    await studio.runWorker();
    expect(await states(generationId)).toEqual(['ready', 'ready', 'ready']);
  });

  it.each(['still has it', 'has forgotten it'])('a day of it is the end, with the credit back, while the provider %s', async (memory) => {
    const generationId = await askAndFinishAtProvider();
    const worker = { store: brokenStore('stage', 'unavailable') };
    await studio.runWorker(worker);
    if (memory === 'has forgotten it') studio.sandbox.faults.add({ name: 'forgetsIds' });
    studio.clock.advance(86_000_000);
    await studio.runWorker(worker);
    expect(await states(generationId)).toEqual(['archiving', 'making', 'making']);
    studio.clock.advance(400_000);
    await studio.runWorker(worker);
    expect(await mina.generation(generationId)).toMatchObject({
      state: 'failed',
      failure: { code: 'storage_unavailable' },
      credits: { reserved: 1, settled: 0, released: 1 },
    });
  });

  it('a cover waits too, and is not tried without a pause', async () => {
    const generationId = await askAndFinishAtProvider();
    await studio.runWorker();
    studio.clock.advance(121_000);
    const worker = { store: brokenStore('stage', 'unavailable') };
    expect(await studio.runWorker(worker)).toBeLessThanOrEqual(3);
    const dueAt = await dueAtOf(generationId);
    expect(dueAt?.getTime()).toBe(studio.clock.now() + 15_000);
    await studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { stepS: 15 });
    expect((await mina.songs(generationId)).map(({ hasCover }) => hasCover)).toEqual([true, true]);
  });

  it('bytes that are to go are removed when it is back', async () => {
    const generationId = await askAndFinishAtProvider();
    await studio.runWorker();
    const [song] = (await mina.generation(generationId)).songs;
    const songId = song?.songId ?? '';
    const { deleteSong } = await import('#shared/generation');
    await deleteSong({ ownerId: mina.uid, songId, generationId }, new Date(studio.clock.now()));
    const db = await database();
    const discard = db.doc(`generationWork/discard_${songId}`);
    studio.clock.advance(121_000);
    await studio.runWorker({ store: brokenList() });
    expect((await discard.get()).get('dueAt').toMillis()).toBe(studio.clock.now() + 15_000);
    studio.clock.advance(15_000);
    await studio.runWorker();
    expect(await studio.storage.namesOf([songId])).toEqual([]);
    expect((await discard.get()).exists).toBe(false);
  });
});

function brokenList(): MediaStore {
  const { store } = studio.storage;
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'list') return typeof value === 'function' ? value.bind(target) : value;
      return () => {
        throw new MediaFault('unavailable', 'broken for a test');
      };
    },
  });
}
