import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkBadKey,
  checkDelete,
  checkDeleted,
  checkFault,
  checkRepairedKey,
  faultsToTry,
  listen,
  work,
} from '../shared/health/outages.ts';
import { Scene } from '../shared/health/scene.ts';
import { limitMs } from '../support/runs.ts';

const scene = new Scene(['local', 'gcs']);

beforeAll(() => scene.open(), 30_000);
afterAll(() => scene.close());

describe('G8: a disk before a bucket, and a storage key of 69 characters', () => {
  it('is noticed within 30 s, and every function is open or closed as the table says', () => checkBadKey(scene), 60_000);

  it('lets songs play from the disk', async () => {
    expect(await listen(scene)).toEqual([200, undefined]);
  });

  it('keeps nobody from deleting a song', () => checkDelete(scene));

  it('lets a song that is under way end in the disk', async () => {
    expect(await work(scene)).toBe('ready');
  });

  it('is over within 30 s of its repair, without a restart: all opens', () => checkRepairedKey(scene), 60_000);

  it('leaves nothing of what was deleted meanwhile', () => checkDeleted(scene));
});

describe('G8: a disk before a bucket', () => {
  it.each(faultsToTry('hangs', 'no bucket'))(
    'and the fault "%s" hold back what the table says, and all is back within 30 s of its end',
    (fault) => checkFault(scene, fault),
    limitMs(60_000),
  );
});
