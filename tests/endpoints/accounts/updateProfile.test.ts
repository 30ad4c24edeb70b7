import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin } from '#shared/access';
import { COPY_BOUNDS, copyOwnerNames } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { updateProfile } from '../../../functions/accounts/updateProfile.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { type Person, signUpPerson } from '../../support/callers.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ settings: { TRUSTED_PROXY_HOPS: '1' } });
});

afterAll(() => service.close());

function rename({ token }: Person, displayName: string) {
  return service.call(updateProfile, { displayName }, { token });
}

/** What Cloud Scheduler fires each minute. */
function copyNames(bounds = COPY_BOUNDS, world = systemWorld): Promise<number> {
  return copyOwnerNames({ world, signal: new AbortController().signal, bounds });
}

async function namesIn(collection: string, uid: string): Promise<unknown[]> {
  const { docs } = await (await database()).collection(collection).where('ownerId', '==', uid).get();
  return docs.map((document) => document.get('ownerName') as unknown);
}

describe('updateProfile', () => {
  it('changes what is given and nothing else, and the next read shows it', async () => {
    const { token } = await signUpPerson(service);
    const { profile: before } = (await service.call(getProfile, {}, { token })).body;
    const { status, body } = await service.call(updateProfile, { locale: 'en' }, { token });
    expect({ status, body }).toEqual({ status: 200, body: { profile: { ...before, locale: 'en' } } });
    const renamed = await service.call(updateProfile, { displayName: '  미나 박 ' }, { token });
    expect(renamed.body.profile).toEqual({ ...before, locale: 'en', displayName: '미나 박' });
    expect((await service.call(getProfile, {}, { token })).body).toEqual(renamed.body);
  });

  it('asks for at least one field', async () => {
    const { token } = await signUpPerson(service);
    expect((await service.call(updateProfile, {}, { token })).problem).toMatchObject({ status: 400, code: 'invalid_input' });
  });

  it('tells the console, too', async () => {
    const person = await signUpPerson(service);
    await rename(person, 'Junho');
    expect((await authAdmin((auth) => auth.getUser(person.uid))).displayName).toBe('Junho');
  });
});

describe('The name in songs', () => {
  it('of ten people whose names cannot be copied holds nobody up, and theirs follow as soon as they can', async () => {
    const db = await database();
    const ill = Array.from({ length: COPY_BOUNDS.people }, (_, at) => `ill_${at}`);
    const due = new Date(Date.now() - 3_600_000);
    for (const uid of ill) {
      await db.doc(`users/${uid}`).set({ displayName: 'x'.repeat(1_000) });
      await db.doc(`userPrivate/${uid}`).set({ renamedAt: due });
      const { songId } = await given.song({ owner: uid });
      await db.doc(`songs/${songId}`).update({ note: 'y'.repeat(1_047_500) }); // it has room for a short name only
    }
    const person = await signUpPerson(service);
    await given.song({ owner: person.uid });
    await rename(person, 'Hana');
    expect(await copyNames()).toBe(0);
    expect(await copyNames()).toBe(1);
    expect(await namesIn('songs', person.uid)).toEqual(['Hana']);
    for (const uid of ill) await db.doc(`users/${uid}`).set({ displayName: 'Well' });
    const later = { ...systemWorld, clock: { ...systemWorld.clock, now: () => Date.now() + COPY_BOUNDS.againMs } };
    expect(await copyNames(COPY_BOUNDS, later)).toBe(ill.length);
  });

  it('costs one run no more documents than it may spend, however many songs and people wait', async () => {
    const db = await database();
    for (let at = 0; at < 12; at += 1) {
      await db.doc(`users/many_${at}`).set({ displayName: 'After' });
      await db.doc(`userPrivate/many_${at}`).set({ renamedAt: new Date() });
    }
    const { songId } = await given.song({ owner: 'many_0' });
    const song = (await db.doc(`songs/${songId}`).get()).data()!;
    const writer = db.bulkWriter();
    for (let at = 0; at < 240; at += 1) {
      const copy = newId('sng');
      void writer.create(db.doc(`songs/${copy}`), { ...song, songId: copy, ownerId: `many_${at % 12}` });
    }
    await writer.close();
    for (let left = 241; left > 0; ) {
      let copies = 0;
      const { reads, writes } = await countDocuments(async () => {
        copies = await copyNames();
      });
      expect({ reads: Math.max(reads, COPY_BOUNDS.reads), writes: Math.max(writes, COPY_BOUNDS.writes) }).toEqual({
        reads: COPY_BOUNDS.reads,
        writes: COPY_BOUNDS.writes,
      });
      expect(copies).toBeGreaterThanOrEqual(Math.min(left, 70));
      left -= copies;
    }
    expect(await copyNames()).toBe(0);
  }, 60_000);

  it('follows with the next run of the watch, in those that are being made as well, and the search finds it', async () => {
    const person = await signUpPerson(service);
    const { songId } = await given.song({ owner: person.uid, visibility: 'public' });
    await given.generation({ owner: person.uid });
    await rename(person, 'Hyeonji');
    expect(await copyNames()).toBe(2);
    expect((await service.call(getSong, { songId }, { token: person.token })).body.song.ownerName).toBe('Hyeonji');
    expect(await namesIn('generationWork', person.uid)).toEqual(['Hyeonji']);
    const found = await service.call(listSongs, { scope: 'public', query: 'hyeonji' }, { token: person.token });
    expect(found.body.items.map((song) => song.songId)).toEqual([songId]);
    expect(await copyNames()).toBe(0);
  });

  it('is the last of two that came one after the other, however the runs lie', async () => {
    const person = await signUpPerson(service);
    await Promise.all(Array.from({ length: 7 }, () => given.song({ owner: person.uid })));
    const little = { ...COPY_BOUNDS, page: 2, writes: COPY_BOUNDS.people + 8 };
    await rename(person, 'First');
    await copyNames(little);
    await rename(person, 'Second');
    for (let runs = 0; runs < 9; runs += 1) await Promise.all([copyNames(little), copyNames(little)]);
    expect(new Set(await namesIn('songs', person.uid))).toEqual(new Set(['Second']));
    expect(await copyNames()).toBe(0);
  });

  it('is not forgotten when it is changed once more while the copies are being written', async () => {
    const person = await signUpPerson(service);
    await given.song({ owner: person.uid });
    await rename(person, 'First');
    await Promise.all([copyNames(), rename(person, 'Second')]);
    for (let runs = 0; runs < 3; runs += 1) await copyNames();
    expect(await namesIn('songs', person.uid)).toEqual(['Second']);
  });

  it('of somebody who has gone meanwhile holds nobody up', async () => {
    const [gone, person] = [await signUpPerson(service), await signUpPerson(service)];
    await given.song({ owner: person.uid });
    await rename(gone, 'Nobody');
    await rename(person, 'Somebody');
    await (await database()).doc(`users/${gone.uid}`).delete();
    expect(await copyNames()).toBe(1);
    expect(await copyNames()).toBe(0);
  });
});
