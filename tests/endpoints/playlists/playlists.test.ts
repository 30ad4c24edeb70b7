import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { changePlaylist } from '#shared/playlists';
import { database, fromDocument, newId } from '#shared/runtime';
import { createPlaylist } from '../../../functions/playlists/createPlaylist.ts';
import { deletePlaylist } from '../../../functions/playlists/deletePlaylist.ts';
import { getPlaylist } from '../../../functions/playlists/getPlaylist.ts';
import { listPlaylists } from '../../../functions/playlists/listPlaylists.ts';
import { updatePlaylist } from '../../../functions/playlists/updatePlaylist.ts';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import type { People } from '../../support/callers.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let people: People;
let token: string;
let strangersToken: string;

beforeAll(async () => {
  house = await openHouse();
  people = await house.newPeople();
  token = (await people.owner.tokenFor('createPlaylist'))!;
  strangersToken = (await people.stranger.tokenFor('createPlaylist'))!;
});
afterAll(() => house.close());

type Fields = z.input<typeof createPlaylist.input>;

const create = (input: Fields, headers: Record<string, string> = {}) => house.service.call(createPlaylist, input, { token, headers });
const update = (input: z.input<typeof updatePlaylist.input>) => house.service.call(updatePlaylist, input, { token });
const read = (playlistId: string, as?: string) => house.service.call(getPlaylist, { playlistId }, { token: as });
const song = async (own: Partial<Parameters<typeof given.song>[0]> = {}) => (await given.song({ owner: people.owner.uid, ...own })).songId;

async function countPlaylists(): Promise<number> {
  const db = await database();
  return (await db.collection('playlists').where('ownerId', '==', people.owner.uid).get()).size;
}

describe('createPlaylist', () => {
  it('makes one of own and of shared songs, in the given order, private unless asked for otherwise', async () => {
    const { uid } = people.stranger;
    const songIds = [await song({ owner: uid, visibility: 'unlisted' }), await song(), await song({ owner: uid, visibility: 'public' })];
    const { status, body } = await create({ title: '밤 기차', songIds });
    expect(status).toBe(201);
    expect(body.playlist).toEqual({
      ...{ playlistId: expect.stringMatching(/^pls_/), ownerId: people.owner.uid, title: '밤 기차', visibility: 'private', songIds },
      ...{ createdAt: expect.any(String), updatedAt: body.playlist.createdAt },
    });
    const db = await database();
    const stored = fromDocument((await db.doc(`playlists/${body.playlist.playlistId}`).get()).data()!);
    expect(stored).toEqual(body.playlist);
    expect((await read(body.playlist.playlistId, token)).body).toEqual(body);
  });

  it.each([
    ["another person's private song", () => song({ owner: people.stranger.uid })],
    ["another person's hidden song", () => song({ owner: people.stranger.uid, visibility: 'public', state: 'hidden' })],
    ['a song that is not there', () => Promise.resolve(newId('sng'))],
  ])('does not take %s, and then makes nothing', async (_what, make) => {
    const before = await countPlaylists();
    const songIds = [await song(), await make()];
    expect((await create({ title: 'No', songIds })).problem).toMatchObject({ status: 404, code: 'not_found' });
    expect(await countPlaylists()).toBe(before);
  });

  it('takes no song twice, and no more than 100 at once', async () => {
    const songId = await song();
    const twice = await create({ title: 'Twice', songIds: [songId, songId] });
    expect(twice.problem).toMatchObject({ status: 400, issues: [{ path: 'songIds', message: 'has a song twice' }] });
    const many = await create({ title: 'Many', songIds: Array.from({ length: 101 }, () => newId('sng')) });
    expect(many.problem).toMatchObject({ status: 400, issues: [{ path: 'songIds', message: 'adds more than 100 songs at once' }] });
  });

  it('makes one for one Idempotency-Key, however often it comes, and refuses another request with it', async () => {
    const before = await countPlaylists();
    const key = { 'idempotency-key': 'one' };
    const first = await create({ title: 'Once' }, key);
    const again = await Promise.all([create({ title: 'Once' }, key), create({ title: 'Once' }, key)]);
    for (const answer of again) {
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 201, body: first.body });
      expect(answer.headers.get('idempotent-replayed')).toBe('true');
    }
    expect((await create({ title: 'Another' }, key)).problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    const twins = await Promise.all(Array.from({ length: 4 }, () => create({ title: 'Twins' }, { 'idempotency-key': 'two' })));
    expect(new Set(twins.map(({ body }) => body.playlist.playlistId)).size).toBe(1);
    expect(await countPlaylists()).toBe(before + 2);
  });

  it('repeats nothing that has been deleted since', async () => {
    const key = { 'idempotency-key': 'gone' };
    const { playlistId } = (await create({ title: 'Gone' }, key)).body.playlist;
    await house.service.call(deletePlaylist, { playlistId }, { token });
    expect((await create({ title: 'Gone' }, key)).problem).toMatchObject({ status: 404 });
  });
});

describe('getPlaylist', () => {
  it('shows what is public or unlisted to everybody, and what is private to its owner alone', async () => {
    for (const visibility of ['public', 'unlisted', 'private'] as const) {
      const { playlistId } = await given.playlist({ owner: people.owner.uid, visibility });
      const seen = await Promise.all([token, strangersToken, undefined].map(async (as) => (await read(playlistId, as)).status));
      expect({ visibility, seen }).toEqual({ visibility, seen: visibility === 'private' ? [200, 404, 404] : [200, 200, 200] });
    }
  });

  it('keeps the ids of songs that have been deleted: they lead to nothing', async () => {
    const songId = await song();
    const { playlistId } = (await create({ title: 'Kept', songIds: [songId] })).body.playlist;
    await house.service.call(deleteSong, { songId }, { token });
    expect((await read(playlistId, token)).body.playlist.songIds).toEqual([songId]);
    expect((await update({ playlistId, songIds: [songId], title: 'Still' })).body.playlist).toMatchObject({ songIds: [songId] });
    expect((await update({ playlistId, songIds: [] })).body.playlist.songIds).toEqual([]);
    expect((await update({ playlistId, songIds: [songId] })).problem).toMatchObject({ status: 404 });
  });
});

describe('updatePlaylist', () => {
  it('changes what is given and nothing else', async () => {
    const songIds = [await song(), await song()];
    const before = await given.playlist({ owner: people.owner.uid, songIds });
    const { playlistId } = before;
    const { body } = await update({ playlistId, title: 'New', visibility: 'public' });
    expect(body.playlist).toEqual({ ...before, title: 'New', visibility: 'public', updatedAt: expect.any(String) });
    expect((await update({ playlistId, songIds: songIds.toReversed() })).body.playlist.songIds).toEqual(songIds.toReversed());
    expect((await read(playlistId)).body.playlist).toMatchObject({ title: 'New', visibility: 'public', songIds: songIds.toReversed() });
    expect((await update({ playlistId })).problem?.code).toBe('invalid_input');
  });

  it('takes no song that the caller may not read, and then changes nothing', async () => {
    const before = await given.playlist({ owner: people.owner.uid, songIds: [await song()] });
    const songIds = [...before.songIds, await song({ owner: people.stranger.uid })];
    expect((await update({ playlistId: before.playlistId, title: 'No', songIds })).problem).toMatchObject({ status: 404 });
    expect((await read(before.playlistId, token)).body.playlist).toEqual(before);
  });

  it('holds 500 songs, of which 100 may be new, and looks only at those', async () => {
    const full = Array.from({ length: 500 }, () => newId('sng'));
    const { playlistId } = await given.playlist({ owner: people.owner.uid, songIds: full });
    const fresh = await Promise.all(Array.from({ length: 3 }, () => song()));
    const looked: string[][] = [];
    const findSongs = (ids: string[]) => Promise.resolve(looked.push(ids) ? ids : []);
    const change = { songIds: [...fresh, ...full.slice(3)] };
    const asked = await countDocuments(() => changePlaylist(playlistId, change, { findSongs, now: new Date() }));
    expect({ asked, looked }).toEqual({ asked: { reads: 1, writes: 1 }, looked: [fresh] });
    expect((await update({ playlistId, songIds: full })).status).toBe(404); // the three that were put out are new again, and not there
    expect((await read(playlistId, token)).body.playlist.songIds).toEqual([...fresh, ...full.slice(3)]);
    expect((await update({ playlistId, songIds: [...full, newId('sng')] })).problem).toMatchObject({ status: 400 });
    const others = Array.from({ length: 101 }, () => newId('sng'));
    expect((await update({ playlistId, songIds: others })).problem).toMatchObject({ status: 400 });
  });
});

describe('deletePlaylist', () => {
  it('takes it away at once and for good, and says so again to its owner alone', async () => {
    const { playlistId } = await given.playlist({ owner: people.owner.uid, visibility: 'public' });
    const remove = (as: string) => house.service.call(deletePlaylist, { playlistId }, { token: as });
    expect((await remove(strangersToken)).problem).toMatchObject({ status: 404 });
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await remove(token);
      expect({ status, body }).toEqual({ status: 200, body: { deleted: true } });
    }
    expect((await read(playlistId, token)).status).toBe(404);
    expect((await remove(strangersToken)).problem).toMatchObject({ status: 404 });
    const db = await database();
    const left = (await db.doc(`deletedPlaylists/${playlistId}`).get()).data()!;
    expect({ ...left, expireAt: left['expireAt'].toMillis() > Date.now() }).toEqual({ ownerId: people.owner.uid, expireAt: true });
  });
});

it('listPlaylists gives own ones by pages, the newest first', async () => {
  const owner = people.admin.uid;
  const made: string[] = [];
  for (let at = 0; at < 3; at += 1) made.unshift((await given.playlist({ owner })).playlistId);
  const as = await people.admin.tokenFor('listPlaylists');
  const first = (await house.service.call(listPlaylists, { limit: 2 }, { token: as })).body;
  const second = (await house.service.call(listPlaylists, { limit: 2, cursor: first.nextCursor! }, { token: as })).body;
  expect([...first.items, ...second.items].map(({ playlistId }) => playlistId)).toEqual(made);
  expect(second.nextCursor).toBeNull();
});
