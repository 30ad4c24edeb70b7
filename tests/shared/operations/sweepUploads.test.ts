/** Records of uploads: they go after what they stand for, never before. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type SweepReport, sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { BUCKET, openTwoStores, type TwoStores } from '../../support/twoStores.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let stores: TwoStores;

beforeAll(async () => {
  stores = await openTwoStores();
  await sweep(); // the first one marks the stores
});
beforeEach(() => stores.clock.advance(3 * DAY_MS));
afterAll(() => stores.close());

type Found = Pick<SweepReport, 'uploadsRemoved' | 'uploadRecordsRemoved' | 'failed'>;

async function sweep(isDryRun = false): Promise<Found> {
  const world = { ...systemWorld, clock: stores.clock };
  const { uploadsRemoved, uploadRecordsRemoved, failed } = await sweepStorage({ world, signal: new AbortController().signal, isDryRun });
  return { uploadsRemoved, uploadRecordsRemoved, failed };
}

const NOTHING: Found = { uploadsRemoved: 0, uploadRecordsRemoved: 0, failed: 0 };

/** A dry run says what the run then does, and the next run has nothing to do. */
async function expectSwept(expected: Partial<Found>, lasting: Partial<Found> = {}): Promise<void> {
  expect(await sweep(true)).toEqual({ ...NOTHING, ...expected });
  expect(await sweep()).toEqual({ ...NOTHING, ...expected });
  expect(await sweep()).toEqual({ ...NOTHING, ...lasting });
}

/** What is written down of an upload that was allowed. */
async function giveUpload(imageId: string, expireAt: Date, storeId = stores.bucket.id): Promise<void> {
  await (await database()).doc(`uploads/${imageId}`).set({ storeId, name: `uploads/${imageId}`, expireAt });
}

describe('sweepStorage removes', () => {
  it('uploads that nobody finished: the bytes, and what was written down of them', async () => {
    const uploads = await Promise.all(['forgotten', 'lapsed', 'awaited'].map(async (state) => ({ state, imageId: newId('img') })));
    const inAnHour = new Date(stores.clock.now() + 60 * 60_000);
    const inAWeek = new Date(stores.clock.now() + 7 * DAY_MS);
    for (const { state, imageId } of uploads) {
      await stores.put(stores.bucket, `uploads/${imageId}`);
      if (state !== 'forgotten') await giveUpload(imageId, state === 'lapsed' ? inAnHour : inAWeek);
    }
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ uploadsRemoved: 2, uploadRecordsRemoved: 1 });
    const awaited = `uploads/${uploads[2]!.imageId}`;
    expect((await stores.namesIn(stores.bucket)).filter((name) => name.startsWith('uploads/'))).toEqual([awaited]);
    stores.clock.advance(7 * DAY_MS);
    await expectSwept({ uploadsRemoved: 1, uploadRecordsRemoved: 1 });
  });

  it('no record of an upload whose bytes have not gone: they are too young, or the bucket is down', async () => {
    const imageId = newId('img');
    await giveUpload(imageId, new Date(stores.clock.now() - DAY_MS));
    await stores.put(stores.bucket, `uploads/${imageId}`); // sent to its address at the last moment
    await expectSwept({});
    stores.clock.advance(DAY_MS + 1);
    await stores.storage.deleteBucket(BUCKET);
    expect(await sweep()).toMatchObject({ uploadsRemoved: 0, uploadRecordsRemoved: 0 });
    await stores.storage.restoreBucket(BUCKET);
    await expectSwept({ uploadsRemoved: 1, uploadRecordsRemoved: 1 });
  });

  it('no record of an upload as long as its address lives, which may have been asked for at the very end', async () => {
    await giveUpload(newId('img'), new Date(stores.clock.now()));
    stores.clock.advance(20 * 60_000);
    await expectSwept({});
    stores.clock.advance(1);
    await expectSwept({ uploadRecordsRemoved: 1 });
  });

  it('no record of an upload to a bucket that MEDIA_STORES names no longer, and says that something failed', async () => {
    const imageId = newId('img');
    await giveUpload(imageId, new Date(stores.clock.now() - DAY_MS), 'gcs:retired');
    await expectSwept({ failed: 1 }, { failed: 1 });
    await (await database()).doc(`uploads/${imageId}`).delete();
  });
});
