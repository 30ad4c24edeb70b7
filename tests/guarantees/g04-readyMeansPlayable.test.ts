import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration, deleteSong } from '#shared/generation';
import type { ProviderTask } from '#shared/music';
import { database } from '#shared/runtime';
import { readMp3 } from '../local/sandbox/readMp3.ts';
import { dueAtOf, type Listener, measureSong, newListener } from '../shared/generation/listener.ts';
import { type OwnWorker, openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

const MADE_MS = 12_000;

async function askAndFinishAtProvider(): Promise<string> {
  const generationId = await mina.ask();
  await studio.runWorker();
  studio.clock.advance(MADE_MS);
  return generationId;
}

function finishUp(generationId: string, worker: OwnWorker = {}): Promise<number> {
  return studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { limitS: 300, stepS: 10, worker });
}

/** A provider that says something else of the length than is true. */
function lyingProvider(lie: (durationMs: number) => number): OwnWorker {
  const getTasks = async (ids: string[]) => {
    const tasks = await studio.provider.getTasks(ids);
    return new Map(
      [...tasks].map(([id, task]): [string, ProviderTask] => [id, { ...task, durationMs: task.durationMs && lie(task.durationMs) }]),
    );
  };
  return { provider: { ...studio.provider, getTasks } };
}

describe('G4: a song that is ready plays', () => {
  it('its bytes have the size and checksum that are stored, and last as long as the song says, by another reader too', async () => {
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId);
    const songs = await mina.songs(generationId);
    expect(songs).toHaveLength(2);
    for (const song of songs) {
      const { said, found, durationMs, content } = await measureSong(studio, song.songId);
      expect(found).toEqual(said);
      expect(song).toMatchObject({ state: 'ready', durationMs, audio: { contentType: 'audio/mpeg', bytes: found.bytes } });
      const { format, peak } = await readMp3(content);
      expect(format.duration * 1000).toBeCloseTo(durationMs, -1);
      expect(peak).toBeGreaterThan(0.05);
    }
  });

  it('it is never shown as ready before its bytes stand under their name', async () => {
    const generationId = await askAndFinishAtProvider();
    const db = await database();
    const seen: string[] = [];
    const { store } = studio.storage;
    const publish: typeof store.publish = async (staged, name) => {
      const songId = name.split('/')[1] ?? '';
      const state = async () => seen.push(String((await db.doc(`songs/${songId}`).get()).get('state')));
      await state();
      const published = await store.publish(staged, name);
      await state();
      return published;
    };
    const watched = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = name === 'publish' ? publish : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await studio.runWorker({ store: watched });
    expect(seen).toEqual(['making', 'making', 'making', 'making']);
    expect((await mina.songs(generationId)).map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it.each(['audioHtml', 'audioNoise', 'audioTruncated', 'audio404'] as const)(
    'it does not come of what is no whole sound: %s',
    async (name) => {
      studio.sandbox.faults.add({ name });
      const generationId = await askAndFinishAtProvider();
      await finishUp(generationId);
      expect(await mina.generation(generationId)).toMatchObject({ state: 'failed', failure: { code: 'provider_bad_audio' } });
      expect((await mina.songs(generationId)).map(({ state, audio, durationMs }) => [state, audio, durationMs])).toEqual([
        ['failed', null, null],
        ['failed', null, null],
      ]);
    },
  );

  it('MP3 under the label of a video is sound all the same', async () => {
    studio.sandbox.faults.add({ name: 'labelVideoMp4' });
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId);
    expect((await mina.songs(generationId)).map(({ state, audio }) => [state, audio?.contentType])).toEqual([
      ['ready', 'audio/mpeg'],
      ['ready', 'audio/mpeg'],
    ]);
  });

  it('half of a file that passes for the whole is fetched again, and the whole one is kept', async () => {
    studio.sandbox.faults.add({ name: 'audioHalf', times: 2 });
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId);
    for (const song of await mina.songs(generationId)) expect(song.durationMs).toBeGreaterThan(1_900);
  });

  it.each([
    ['three minutes', () => 180_000],
    ['one millisecond', () => 1],
  ])('its length is that of its own frames when the provider insists on %s', async (_what, lie) => {
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId, lyingProvider(lie));
    for (const song of await mina.songs(generationId)) {
      expect(song.durationMs).toBe((await measureSong(studio, song.songId)).durationMs);
    }
    expect((await mina.generation(generationId)).state).toBe('ready');
  });
});

describe('what is not wanted any more', () => {
  it('is gone at once when it is deleted, with its bytes soon after, and the other song stays whole', async () => {
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId);
    const [first, second] = await mina.songs(generationId);
    const deleteFirst = () => deleteSong({ ...first!, generationId }, new Date(studio.clock.now()));
    await Promise.all([deleteFirst(), deleteFirst()]);
    expect((await mina.generation(generationId)).songs.map(({ songId }) => songId)).toEqual([second!.songId]);
    studio.clock.advance(121_000);
    await studio.runWorker();
    expect(await studio.storage.namesOf([first!.songId])).toEqual([]);
    const { said, found } = await measureSong(studio, second!.songId);
    expect(found).toEqual(said);
  });

  it.each(['cancelled', 'deleted'])('leaves no bytes when it is %s while it is being stored', async (how) => {
    const generationId = await askAndFinishAtProvider();
    const songIds = (await mina.generation(generationId)).songs.map(({ songId }) => songId);
    const { store } = studio.storage;
    const stage: typeof store.stage = async (...given) => {
      const staged = await store.stage(...given);
      const now = new Date(studio.clock.now());
      if (how === 'cancelled') await cancelGeneration(generationId, now);
      else for (const songId of songIds) await deleteSong({ songId, ownerId: mina.uid, generationId }, now);
      return staged;
    };
    const meddled = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = name === 'stage' ? stage : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await studio.runWorker({ store: meddled });
    studio.clock.advance(121_000);
    await studio.runWorker();
    expect(await mina.generation(generationId)).toMatchObject({ state: 'cancelled', songs: [], credits: { settled: 1, released: 0 } });
    expect(await studio.storage.namesOf(songIds)).toEqual([]);
    const db = await database();
    expect((await db.doc(`songs/${songIds[0]}`).get()).exists).toBe(false);
  });

  it('goes with its bytes when an import has made it', async () => {
    const db = await database();
    const generationId = await askAndFinishAtProvider();
    await finishUp(generationId);
    const [first] = await mina.songs(generationId);
    await db.doc(`generations/${generationId}`).delete();
    await db.doc(`generationWork/${generationId}`).delete();
    await deleteSong({ ...first!, generationId: null }, new Date(studio.clock.now()));
    expect((await db.doc(`songs/${first!.songId}`).get()).exists).toBe(false);
    expect((await db.doc(`songMedia/${first!.songId}`).get()).data()).toMatchObject({ audio: null, cover: null });
    studio.clock.advance(121_000);
    await studio.runWorker();
    expect(await studio.storage.namesOf([first!.songId])).toEqual([]);
  });
});
