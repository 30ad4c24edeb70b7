/** What becomes of documents that operators edit by hand in the Firebase console: docs/console.md says the same in words. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { getSettings } from '../../../functions/admin/getSettings.ts';
import { listAllSongs } from '../../../functions/admin/listAllSongs.ts';
import { listUsers } from '../../../functions/admin/listUsers.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { type Person, signUpPerson } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import type { House } from '../../support/openHouse.ts';
import { openOffice } from './operators.ts';

let house: House;
let token: string;
let mina: Person;

beforeAll(async () => {
  ({ house, token } = await openOffice());
});
beforeEach(async () => {
  mina = await signUpPerson(house.service);
});
afterAll(() => house.close());

async function edit(path: string, fields: object): Promise<void> {
  await (await database()).doc(path).set(fields, { merge: true });
}

describe('Edited by hand', () => {
  it('an allowance of songs holds at once, for whom nothing was granted today yet', async () => {
    await edit(`quotas/${mina.uid}`, { songsPerDay: 2 });
    expect((await house.service.call(getProfile, {}, mina)).body.profile.allowance).toMatchObject({ songsPerDay: 2, songsLeftToday: 2 });
  });

  it.each(['many', -3, 2.5, Number.NaN])(
    'an allowance of %s songs is none: the service’s setting holds, and songs are made',
    async (songsPerDay) => {
      await house.service.call(createSong, { prompt: 'a calm song' }, mina);
      await edit(`quotas/${mina.uid}`, { songsPerDay });
      expect((await house.service.call(createSong, { prompt: 'another one' }, mina)).status).toBe(202);
      expect((await house.service.call(getProfile, {}, mina)).body.profile.allowance).toMatchObject({ songsPerDay: 10, songsLeftToday: 8 });
    },
  );

  it('a role makes an operator, at once', async () => {
    await edit(`userPrivate/${mina.uid}`, { role: 'admin' });
    expect((await house.service.call(getSettings, {}, mina)).status).toBe(200);
  });

  it('a role or a standing of nonsense lets nobody in', async () => {
    await edit(`userPrivate/${mina.uid}`, { role: 'admin', disabled: 'no' });
    expect((await house.service.call(getSettings, {}, mina)).problem).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('a song that is hidden is hidden from all but its owner, in lists and in the search too', async () => {
    const own = { owner: mina.uid, visibility: 'public' as const, title: 'Barcarole' };
    const { songId } = await given.song(own);
    await edit(`songs/${songId}`, { state: 'hidden' });
    expect((await house.service.call(getSong, { songId })).status).toBe(404);
    expect((await house.service.call(getSong, { songId }, mina)).body.song.state).toBe('hidden');
    expect((await house.service.call(listSongs, { scope: 'public' })).body.items).toEqual([]);
    expect((await house.service.call(listSongs, { scope: 'public', query: 'barcarole' })).body.items).toEqual([]);
  });

  it('a song of nonsense is left out of lists, and takes no other with it', async () => {
    const spoilt = await given.song({ owner: mina.uid });
    const whole = await given.song({ owner: mina.uid });
    await edit(`songs/${spoilt.songId}`, { state: 'lost' });
    expect((await house.service.call(listSongs, { scope: 'mine' }, mina)).body.items).toEqual([whole]);
    const all = (await house.service.call(listAllSongs, { ownerId: mina.uid }, { token })).body;
    expect(all.items).toEqual([whole]);
  });

  it('a person of nonsense is left out of lists, and takes no other with him', async () => {
    await edit(`users/${mina.uid}`, { locale: 'klingon' });
    const { status, body } = await house.service.call(listUsers, { limit: 100 }, { token });
    expect({ status, uids: body.items.map(({ uid }) => uid) }).toEqual({ status: 200, uids: expect.not.arrayContaining([mina.uid]) });
    await edit(`users/${mina.uid}`, { locale: 'ko' });
  });
});
