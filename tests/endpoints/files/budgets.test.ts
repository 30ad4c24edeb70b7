import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProfile } from '#shared/accounts';
import { type FileKind, fileIdOf, listFiles, readFileRecords, usedBytes, writeFile } from '#shared/files';
import { deleteFiles } from '#shared/operations';
import { database, newId } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { deleteFiles as deleteFilesEndpoint } from '../../../functions/files/deleteFiles.ts';
import { getStorageUsage } from '../../../functions/files/getStorageUsage.ts';
import { listFiles as listFilesEndpoint } from '../../../functions/files/listFiles.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let owner: string;

beforeAll(async () => {
  house = await openHouse();
  owner = (await house.newPeople()).owner.uid;
});
afterAll(() => house.close());

describe('What a call reads and writes at most', () => {
  it('is what getProfile, listFiles and getStorageUsage say, however much there is', async () => {
    const files = [0, 2, 110];
    for (const [at, count] of files.entries()) {
      await giveFiles(count - (files[at - 1] ?? 0));
      expect(await countDocuments(() => readProfile(owner, new Date()))).toEqual(getProfile.budget);
      expect(await countDocuments(() => usedBytes(owner))).toEqual(getStorageUsage.budget);
      const reads = Math.min(Math.max(1, count), listFilesEndpoint.budget.reads);
      expect(await countDocuments(() => listFiles(owner, { limit: 100 }))).toEqual({ ...listFilesEndpoint.budget, reads });
    }
  });

  it('stays within what deleteFiles says, for each kind of file', async () => {
    const each = { reads: deleteFilesEndpoint.budget.reads / 100, writes: deleteFilesEndpoint.budget.writes / 100 };
    for (const kind of ['audio', 'cover', 'image'] satisfies FileKind[]) {
      const thing = kind === 'image' ? (await given.image({ owner })).imageId : (await given.song({ owner })).songId;
      const fileId = fileIdOf(kind, thing);
      const { reads, writes } = await countDocuments(async () => {
        const [record] = await readFileRecords([fileId]);
        const found = [record === 'unreadable' ? undefined : record];
        expect(await deleteFiles([fileId], found, { uid: owner, now: new Date() })).toMatchObject([{ deleted: true }]);
      });
      expect({ kind, reads: reads <= each.reads, writes: writes <= each.writes }).toEqual({ kind, reads: true, writes: true });
      expect(writes).toBeGreaterThan(0);
    }
  });
});

/** Records of sounds that nobody plays. */
async function giveFiles(count: number): Promise<void> {
  const db = await database();
  const batch = db.batch();
  for (let at = 0; at < count; at += 1) {
    const belongsTo = newId('sng');
    const object = { storeId: 'local:/nowhere', name: `songs/${belongsTo}/a.mp3`, bytes: 1, sha256: 'a', contentType: 'audio/mpeg' };
    writeFile(batch, db, { kind: 'audio', ownerId: owner, belongsTo, objects: [object], now: new Date() });
  }
  await batch.commit();
}
