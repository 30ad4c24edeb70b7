import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issueTicket, type MediaStore, mediaStores, type StoredObject } from '#shared/media';
import { newId } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
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

function play(storeId: string): Promise<Response> {
  const { ticket } = issueTicket({ use: 'audio', jti: newId('tkt'), subject: null, songId, storeId, object }, { now: Date.now() });
  return fetch(`${house.service.url}/streamSong?${new URLSearchParams({ songId, ticket })}`, { headers: { range: 'bytes=5-9' } });
}

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
