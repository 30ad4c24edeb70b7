import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserDocument } from '#shared/access';
import { readWholeUser } from '#shared/admin';
import { database } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { getUser } from '../../../functions/admin/getUser.ts';
import { listAllGenerations } from '../../../functions/admin/listAllGenerations.ts';
import { listAllSongs } from '../../../functions/admin/listAllSongs.ts';
import { listUsers } from '../../../functions/admin/listUsers.ts';
import { updateUser } from '../../../functions/admin/updateUser.ts';
import { type Person, signUpPerson } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import type { House } from '../../support/openHouse.ts';
import { openOffice } from './operators.ts';

let house: House;
let token: string;
let mina: Person;
let songs: Song[];

beforeAll(async () => {
  ({ house, token } = await openOffice());
  mina = await signUpPerson(house.service);
  const other = await signUpPerson(house.service);
  const own = { owner: mina.uid, visibility: 'public' as const };
  songs = [
    await given.song({ owner: other.uid, createdAt: '2026-11-01T00:00:00.000Z' }),
    await given.song({ ...own, createdAt: '2026-11-02T00:00:00.000Z' }),
    await given.song({ ...own, state: 'hidden', createdAt: '2026-11-03T00:00:00.000Z' }),
    await given.song({ owner: mina.uid, state: 'failed', createdAt: '2026-11-04T00:00:00.000Z' }),
  ];
});
afterAll(() => house.close());

/** All pages of a list, two by two. */
async function all<Item>(read: (page: object) => Promise<{ items: Item[]; nextCursor: string | null }>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await read({ limit: 2, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

describe('listAllSongs', () => {
  it.each<[filter: Record<string, string> | 'mina’s', found: number[]]>([
    [{}, [3, 2, 1, 0]],
    [{ state: 'hidden' }, [2]],
    [{ visibility: 'public' }, [2, 1]],
    ['mina’s', [3, 2, 1]],
    [{ state: 'ready', visibility: 'private' }, [0]],
  ])('has those of everybody, the newest first, narrowed to %j', async (filter, found) => {
    const given = filter === 'mina’s' ? { ownerId: mina.uid } : filter;
    const listed = await all(async (page) => (await house.service.call(listAllSongs, { ...given, ...page }, { token })).body);
    expect(listed).toEqual(found.map((at) => songs[at]));
  });

  it('is narrowed to several fields at once', async () => {
    const filter = { ownerId: mina.uid, visibility: 'public', state: 'ready' } as const;
    expect((await house.service.call(listAllSongs, filter, { token })).body.items).toEqual([songs[1]]);
  });
});

describe('listAllGenerations', () => {
  it('has the requests of everybody, narrowed to a state and a person', async () => {
    const own = await given.generation({ owner: mina.uid });
    const list = async (filter: object) => (await house.service.call(listAllGenerations, filter, { token })).body.items;
    expect(await list({})).toEqual([own]);
    expect(await list({ state: 'queued', ownerId: mina.uid })).toEqual([own]);
    expect(await list({ state: 'failed' })).toEqual([]);
    expect(await list({ ownerId: 'somebody-else' })).toEqual([]);
  });
});

describe('listUsers', () => {
  it('has everybody, the newest first, with what is closed to themselves', async () => {
    await house.service.call(updateUser, { uid: mina.uid, songsPerDay: 7 }, { token });
    const db = await database();
    const created = (await db.collection('users').orderBy('createdAt', 'desc').get()).docs.map(({ id }) => id);
    const listed = await all(async (page) => (await house.service.call(listUsers, page, { token })).body);
    expect(listed.map(({ uid }) => uid)).toEqual(created);
    expect(listed.find(({ uid }) => uid === mina.uid)).toEqual({
      uid: mina.uid,
      email: mina.email,
      displayName: 'Mina',
      locale: 'ko',
      role: 'user',
      createdAt: expect.any(String),
      disabled: false,
      songsPerDay: 7,
      lastSignInAt: expect.any(String),
    });
    expect(listed.filter(({ disabled }) => disabled).length).toBeGreaterThan(2); // those whom the house has locked out, here and in Auth
  });

  it('finds people by how their e-mail begins, by pages', async () => {
    const found = async (query: string) => (await house.service.call(listUsers, { query }, { token })).body.items.map(({ uid }) => uid);
    expect(await found(mina.email)).toEqual([mina.uid]);
    expect(await found(mina.email.slice(0, 9).toUpperCase())).toEqual([mina.uid]);
    expect(await found(mina.email.slice(1))).toEqual([]);

    const db = await database();
    const byEmail = await db.collection('users').where('email', '>=', '0').where('email', '<', '8').orderBy('email').get();
    const pages = ['0', '1', '2', '3', '4', '5', '6', '7'].map((query) =>
      all(async (page) => (await house.service.call(listUsers, { query, ...page }, { token })).body),
    );
    expect((await Promise.all(pages)).flat().map(({ uid }) => uid)).toEqual(byEmail.docs.map(({ id }) => id));
  });

  it('is not asked for people by the address of a request, which goes into logs', async () => {
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    const { status, headers } = await house.service.send(`listUsers?query=${encodeURIComponent(mina.email)}`, bearer);
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'POST, OPTIONS' });
  });
});

describe('getUser', () => {
  it('tells what a person may make and keep, and how much is here', async () => {
    const listed = (await house.service.call(listUsers, { query: mina.email }, { token })).body.items[0];
    const { body } = await house.service.call(getUser, { uid: mina.uid }, { token });
    expect(body).toEqual({
      user: listed,
      allowance: {
        songsPerDay: 7,
        songsLeftToday: expect.any(Number),
        storageBytes: expect.any(Number),
        storageUsedBytes: expect.any(Number),
      },
      counts: { songs: 3, generations: 1, images: 0, playlists: 0 },
    });
  });

  it('finds nobody when the person is deleted in that moment', async () => {
    const leaving = await signUpPerson(house.service);
    const user = { uid: leaving.uid } as UserDocument;
    await (await database()).doc(`users/${leaving.uid}`).delete();
    const account = {
      user,
      userPrivate: { role: 'user', disabled: false, validAfterAt: new Date(0).toISOString() },
      songsPerDay: null,
    } as const;
    await expect(readWholeUser(account, new Date())).rejects.toMatchObject({ code: 'not_found' });
  });
});
