import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issueTicket } from '#shared/access';
import { type MediaStore, mediaStores, type StoredObject } from '#shared/media';
import { newId } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
import { recordOf, replicate } from '../../shared/files/someFiles.ts';
import { given, SOUND } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let directory: string;
let house: House;
let songId: string;
let object: StoredObject;
let first: MediaStore;
let second: MediaStore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-stores-'));
  house = await openHouse({ settings: { MEDIA_STORES: `local:${join(directory, 'first')},local:${join(directory, 'second')}` } });
  const { owner } = await house.newPeople();
  ({ songId } = await given.song({ owner: owner.uid, visibility: 'unlisted' }));
  [first, second] = mediaStores() as [MediaStore, MediaStore];
  const audio = (await readSongMedia(songId))!.audio!;
  const staged = await second.stage(Readable.from([SOUND]), { ...audio, stagingName: 'staging/copy', maxBytes: SOUND.length });
  object = await second.publish(staged, audio.name);
});

afterAll(async () => {
  await house?.close();
  await rm(directory, { recursive: true, force: true });
});

function play(storeId: string, method = 'GET'): Promise<Response> {
  const { ticket } = issueTicket({ use: 'audio', jti: newId('tkt'), subject: null, songId, storeId, object }, { now: Date.now() });
  return fetch(`${house.service.url}/streamSong?${new URLSearchParams({ songId, ticket })}`, { method, headers: { range: 'bytes=5-9' } });
}

/** Listens by a ticket for the first store. @returns what was heard, and what of the song the journal has then */
async function listen() {
  const [answer, head] = [await play(first.id), await play(first.id, 'HEAD')];
  const heard = [answer.status, head.status, head.headers.get('content-length'), Buffer.from(await answer.arrayBuffer()).toString('hex')];
  const { objects, repairs, dueAt } = (await recordOf(songId))!;
  return { heard, storeIds: objects[0]!.storeIds, repairs, isDue: dueAt !== null };
}

describe('A copy that a listener comes for', () => {
  const RIGHT = [206, 200, String(SOUND.length), SOUND.subarray(5, 10).toString('hex')];

  it.each([
    ['is gone', () => first.delete(object.name)],
    ['is shorter than it was', () => truncate(join(directory, 'first', object.name), 7)],
  ])('and that %s is passed by: the other store serves, it is reported once, and made again by replicateMedia', async (_how, spoil) => {
    await replicate();
    const { repairs } = (await recordOf(songId))!;
    await spoil();
    expect(await listen()).toEqual({ heard: RIGHT, storeIds: [second.id], repairs: repairs + 1, isDue: true });
    await replicate();
    expect(await listen()).toEqual({ heard: RIGHT, storeIds: [second.id, first.id], repairs: repairs + 1, isDue: false });
  });
});

describe('A ticket for a song that stands in two stores', () => {
  it('plays from the store that it was made for, to the end of the listen, whatever becomes of the other', async () => {
    await first.delete(object.name);
    const answer = await play(second.id);
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([206, SOUND.subarray(5, 10)]);
  });

  it('for a store that the service no longer has plays from whichever has it', async () => {
    const answer = await play('local:/nowhere');
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([206, SOUND.subarray(5, 10)]);
  });

  it('is not available when no store has it, and says when to come back', async () => {
    await second.delete(object.name);
    const answer = await play(second.id);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await answer.json()).toMatchObject({ code: 'feature_unavailable', feature: 'streaming', reason: 'storage' });
  });
});
