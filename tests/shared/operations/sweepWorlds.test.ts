import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fileIdOf } from '#shared/files';
import { deleteSong } from '#shared/generation';
import { deleteImage } from '#shared/images';
import type { MediaStore } from '#shared/media';
import { type SweepReport, sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { removeCover } from '#shared/songs';
import { given } from '../../support/given.ts';
import { announceSeed, limitMs, runs } from '../../support/runs.ts';
import { openTwoStores, type TwoStores } from '../../support/twoStores.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Something that may stand in a world. */
interface Thing {
  what: keyof typeof make;
  age: 'old' | 'young';
  place: 'disk' | 'bucket';
  chance: number;
}

let stores: TwoStores;
let owner: string;

beforeAll(async () => {
  stores = await openTwoStores();
  owner = (await stores.house.newPeople()).owner.uid;
  await sweep(); // the first one marks the stores
});
afterAll(async () => {
  await stores.close();
  announceSeed('worlds to sweep');
});

function sweep(isDryRun = false): Promise<SweepReport> {
  return sweepStorage({ world: { ...systemWorld, clock: stores.clock }, signal: new AbortController().signal, isDryRun });
}

const now = () => new Date(stores.clock.now());

/** Makes a thing. @returns names that nobody will ever ask for */
const make = {
  song: async () => void (await given.song({ owner })),
  picture: async () => void (await given.image({ owner })),
  songOfBothStores: async () => {
    await given.song({ owner });
    await stores.replicate();
  },
  songWithoutRecords: async () => {
    const { songId } = await given.song({ owner });
    const db = await database();
    for (const kind of ['audio', 'cover'] as const) await db.doc(`files/${fileIdOf(kind, songId)}`).delete();
  },
  songWithLeftover: async (_thing: Thing, store: MediaStore) => {
    const { songId } = await given.song({ owner });
    return put(store, `songs/${songId}/${newId('fil')}.mp3`);
  },
  songBeingDeleted: async () => await deleteSong(await given.song({ owner }), now()),
  coverBeingDeleted: async () => void (await removeCover((await given.song({ owner })).songId, now())),
  pictureBeingDeleted: async () => await deleteImage((await given.image({ owner })).imageId, now()),
  uploadAwaited: async (_thing: Thing, store: MediaStore) => {
    const imageId = newId('img');
    const place = { storeId: stores.bucket.id, name: `uploads/${imageId}` };
    await (await database()).doc(`uploads/${imageId}`).set({ ...place, expireAt: new Date(stores.clock.now() + 400 * DAY_MS) });
    await put(store, `images/${imageId}/${newId('fil')}.png`);
    await put(store, `uploads/${imageId}`);
  },
  upload: (_thing: Thing, store: MediaStore) => put(store, `uploads/${newId('img')}`),
  orphan: ({ chance }: Thing, store: MediaStore) => {
    const folders = [`songs/${newId('sng')}`, `covers/${newId('sng')}`, `images/${newId('img')}`];
    return put(store, `${folders[chance % folders.length]}/${newId('fil')}.bin`);
  },
  staged: async (_thing: Thing, store: MediaStore) => {
    const name = `staging/${newId('sng')}/audio-1`;
    await stores.stage(store, name);
    return [name];
  },
};

async function put(store: MediaStore, name: string): Promise<string[]> {
  await stores.put(store, name);
  return [name];
}

const things: fc.Arbitrary<Thing> = fc.record({
  what: fc.constantFrom(...(Object.keys(make) as Thing['what'][])),
  age: fc.constantFrom('old', 'young'),
  place: fc.constantFrom('disk', 'bucket'),
  chance: fc.nat(),
});

/** Where everything stands: `<store> <name>`. */
async function allObjects(): Promise<string[]> {
  const [disk, bucket] = [await stores.namesIn(stores.disk), await stores.namesIn(stores.bucket)];
  return [...disk.map((name) => `disk ${name}`), ...bucket.map((name) => `bucket ${name}`)];
}

async function makeAll(world: Thing[]): Promise<string[]> {
  const unwanted: string[] = [];
  for (const thing of world) {
    const { what, place } = thing;
    const before = new Set(await stores.namesIn(stores.disk));
    const names = (await make[what](thing, stores[place])) ?? [];
    await stores.touch((await stores.namesIn(stores.disk)).filter((name) => !before.has(name)));
    unwanted.push(...names.map((name) => `${place} ${name}`));
  }
  return unwanted;
}

describe('sweepStorage, in any world of songs, pictures, leftovers and orphans', () => {
  it(
    'removes what nobody wants and is a day old, and nothing else; then there is nothing left to do',
    async () => {
      const worlds = fc.asyncProperty(fc.array(things, { minLength: 1, maxLength: 8 }), async (world) => {
        const unwanted = await makeAll(world.filter(({ age }) => age === 'old'));
        stores.clock.advance(DAY_MS + 1000);
        const unwantedYoung = await makeAll(world.filter(({ age }) => age === 'young'));
        const before = await allObjects();
        const foreseen = await sweep(true);
        expect(await allObjects()).toEqual(before);
        expect(await sweep()).toEqual(foreseen);
        expect(await allObjects()).toEqual(before.filter((object) => !unwanted.includes(object)));
        expect(Object.values(await sweep()).filter((count) => count !== 0)).toEqual([true]);
        // The next world begins without what this one has left.
        stores.clock.advance(DAY_MS + 1000);
        await sweep();
        expect(await allObjects()).toEqual(before.filter((object) => ![...unwanted, ...unwantedYoung].includes(object)));
        await stores.replicate();
      });
      await fc.assert(worlds, runs(12));
    },
    limitMs(60_000),
  );
});
