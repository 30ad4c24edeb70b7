import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkBadKey,
  checkDelete,
  checkDeleted,
  checkFault,
  checkLastTry,
  checkOneRun,
  checkRepairedKey,
  faultsToTry,
  listen,
  work,
} from '../shared/health/outages.ts';
import { Scene } from '../shared/health/scene.ts';
import { limitMs } from '../support/runs.ts';

const scene = new Scene(['gcs']);

beforeAll(() => scene.open(), 30_000);
afterAll(() => scene.close());

describe('G8: a bucket alone, and a storage key of 69 characters', () => {
  it('is noticed within 30 s, and every function is open or closed as the table says', () => checkBadKey(scene), 60_000);

  it('holds back songs that cannot be read', async () => {
    expect(await listen(scene)).toEqual([503, 'streaming: our storage is being repaired.']);
  });

  it('keeps nobody from deleting a song', () => checkDelete(scene));

  it('lets a song that is under way wait', async () => {
    expect(await work(scene)).toBe('archiving');
  });

  it(
    'is over within 30 s of its repair, without a restart: all opens, and the song that waited is ready',
    () => checkRepairedKey(scene),
    60_000,
  );

  it('leaves nothing of what was deleted meanwhile', () => checkDeleted(scene));

  it('is seen to be repaired by the very run of the worker that had found it broken', () => checkOneRun(scene), 60_000);
});

describe('G8: a bucket alone', () => {
  it('that hangs holds nothing back for longer when it is repaired while the worker still waits for it', () => checkLastTry(scene), 60_000);

  it.each(faultsToTry('refused', '503', 'hangs', '403', 'no bucket'))(
    'and the fault "%s" hold back what the table says, and all is back within 30 s of its end',
    (fault) => checkFault(scene, fault),
    limitMs(60_000),
  );
});
