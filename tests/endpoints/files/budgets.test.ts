import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProfile } from '#shared/accounts';
import { type FileKind, fileIdOf, listFiles, readFileRecords, usedBytes } from '#shared/files';
import { deleteFiles } from '#shared/operations';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { deleteFiles as deleteFilesEndpoint } from '../../../functions/files/deleteFiles.ts';
import { getStorageUsage } from '../../../functions/files/getStorageUsage.ts';
import { listFiles as listFilesEndpoint } from '../../../functions/files/listFiles.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { countDocuments } from './countDocuments.ts';

let house: House;
let owner: string;

beforeAll(async () => {
  house = await openHouse();
  owner = (await house.newPeople()).owner.uid;
});
afterAll(() => house.close());

describe('What a call reads and writes at most', () => {
  it('is what getProfile, listFiles and getStorageUsage say, however much there is', async () => {
    for (let at = 0; at < 3; at += 1) {
      expect(await countDocuments(() => readProfile(owner, new Date()))).toEqual(getProfile.budget);
      expect(await countDocuments(() => listFiles(owner, { limit: 100 }))).toEqual(listFilesEndpoint.budget);
      expect(await countDocuments(() => usedBytes(owner))).toEqual(getStorageUsage.budget);
      await given.song({ owner });
    }
  });

  it('stays within what deleteFiles says, for each kind of file', async () => {
    const each = { reads: deleteFilesEndpoint.budget.reads / 100, writes: deleteFilesEndpoint.budget.writes / 100 };
    for (const kind of ['audio', 'cover', 'image'] satisfies FileKind[]) {
      const thing = kind === 'image' ? (await given.image({ owner })).imageId : (await given.song({ owner })).songId;
      const fileId = fileIdOf(kind, thing);
      const { reads, writes } = await countDocuments(async () => {
        const [record] = await readFileRecords([fileId]);
        expect(await deleteFiles([fileId], [record === 'unreadable' ? undefined : record], new Date())).toMatchObject([{ deleted: true }]);
      });
      expect({ kind, reads: reads <= each.reads, writes: writes <= each.writes }).toEqual({ kind, reads: true, writes: true });
      expect(writes).toBeGreaterThan(0);
    }
  });
});
