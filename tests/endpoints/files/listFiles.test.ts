import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type File, fileIdOf } from '#shared/files';
import { database, encodeCursor } from '#shared/runtime';
import { deleteFiles } from '../../../functions/files/deleteFiles.ts';
import { listFiles } from '../../../functions/files/listFiles.ts';
import { given, SOUND } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let uid: string;
let token: string | undefined;
let expected: File[];

beforeAll(async () => {
  house = await openHouse();
  const { owner, stranger } = await house.newPeople();
  uid = owner.uid;
  token = await owner.tokenFor('listFiles');
  await given.song({ owner: stranger.uid });
  expected = [];
  for (let at = 0; at < 3; at += 1) {
    const { songId, createdAt } = await given.song({ owner: uid });
    const { imageId, bytes } = await given.image({ owner: uid, createdAt: new Date(Date.parse(createdAt) + 1).toISOString() });
    const db = await database();
    const cover = (await db.doc(`files/${fileIdOf('cover', songId)}`).get()).get('bytes') as number;
    expected.push(
      { fileId: fileIdOf('audio', songId), kind: 'audio', bytes: SOUND.length, createdAt },
      { fileId: fileIdOf('cover', songId), kind: 'cover', bytes: cover, createdAt },
      { fileId: fileIdOf('image', imageId), kind: 'image', bytes, createdAt: new Date(Date.parse(createdAt) + 1).toISOString() },
    );
  }
  expected.sort((left, right) =>
    left.createdAt === right.createdAt ? (left.fileId < right.fileId ? 1 : -1) : left.createdAt < right.createdAt ? 1 : -1,
  );
});
afterAll(() => house.close());

async function readAll(limit: number): Promise<File[]> {
  const items: File[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = (await house.service.call(listFiles, { limit, ...(cursor ? { cursor } : {}) }, { token })).body;
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

describe('listFiles', () => {
  it.each([1, 4, 100])('gives what one keeps, the newest first, each once, by pages of %i', async (limit) => {
    expect(await readAll(limit)).toEqual(expected);
  });

  it('refuses the cursor of another list, and of another person', async () => {
    for (const scope of [`generations:${uid}`, 'files:someone-else:kept']) {
      const cursor = encodeCursor(scope, [expected[0]!.createdAt, expected[0]!.fileId]);
      expect((await house.service.call(listFiles, { cursor }, { token })).problem).toMatchObject({ status: 400, code: 'invalid_input' });
    }
  });

  it('does not show what was deleted', async () => {
    const [gone, ...rest] = expected.filter(({ kind }) => kind !== 'audio');
    await house.service.call(deleteFiles, { fileIds: [gone!.fileId] }, { token });
    expect((await readAll(20)).filter(({ kind }) => kind !== 'audio')).toEqual(rest);
  });
});
