import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { database, encodeCursor, newId, toDocument } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { listGenerations } from '../../../functions/songs/listGenerations.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;
let token: string;
let uid: string;
let all: Song[];

beforeAll(async () => {
  service = await startService();
  const { body } = await service.call(signUp, { email: 'mina@sori.example', password: 'a long password', displayName: 'Mina' });
  ({ idToken: token, uid } = body.session);
  all = Array.from({ length: 24 }, (_, index) => songNumber(index));
  const db = await database();
  await Promise.all(all.map((song) => db.doc(`songs/${song.songId}`).set(toDocument(song))));
});

afterAll(() => service.close());

/** Several of the same moment, of two owners, of every visibility and state. */
function songNumber(index: number): Song {
  const at = new Date(Date.parse('2026-03-01T12:00:00.000Z') + Math.floor(index / 4) * 1000).toISOString();
  return {
    ...{ songId: newId('sng'), generationId: null, ownerId: index % 2 ? uid : 'someone-else', ownerName: 'Mina', title: `Song ${index}` },
    ...{ style: 'folk', lyrics: null, instrumental: false, durationMs: 2_000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
    visibility: (['public', 'public', 'public', 'private', 'unlisted'] as const)[index % 5]!,
    state: index % 7 === 6 ? 'hidden' : 'ready',
    ...{ hasCover: false, likes: index % 3, plays: 0, createdAt: at, updatedAt: at },
  };
}

type Query = z.input<typeof listSongs.input>;

/** All pages of a list, put together. */
async function readAll(query: Query, limit: number): Promise<Song[]> {
  const items: Song[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = (await service.call(listSongs, { ...query, limit, ...(cursor ? { cursor } : {}) }, { token })).body;
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

function ids(songs: Song[]): string[] {
  return songs.map(({ songId }) => songId);
}

const byNewest = (left: Song, right: Song) =>
  left.createdAt === right.createdAt ? +(left.songId < right.songId) - 0.5 : left.createdAt < right.createdAt ? 1 : -1;
const isListed = ({ visibility, state }: Song) => visibility === 'public' && state === 'ready';

describe('listSongs', () => {
  it.each([1, 3, 100])('gives the public songs that are ready, the newest first, each once, by pages of %i', async (limit) => {
    expect(await readAll({ scope: 'public' }, limit)).toEqual(all.filter(isListed).sort(byNewest));
  });

  it('gives the most liked first, and of equals the newest', async () => {
    const expected = all.filter(isListed).sort((left, right) => right.likes - left.likes || byNewest(left, right));
    expect(ids(await readAll({ scope: 'public', sort: 'popular' }, 4))).toEqual(ids(expected));
  });

  it("gives one's own in every state and visibility, and to somebody without a session none", async () => {
    expect(ids(await readAll({ scope: 'mine' }, 5))).toEqual(ids(all.filter(({ ownerId }) => ownerId === uid).sort(byNewest)));
    expect((await service.call(listSongs, { scope: 'mine' })).problem).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it.each<[string, string, (string | number)[]]>([
    ['of another list', 'mine:someone-else', ['2026-03-01T12:00:00.000Z', newId('sng')]],
    ['with too many parts', 'public:newest', [1, '2026-03-01T12:00:00.000Z', newId('sng'), 2]],
    ['with no time in it', 'public:newest', ['yesterday', newId('sng')]],
    ['with a path in it', 'public:newest', ['2026-03-01T12:00:00.000Z', 'a/b']],
  ])('refuses a cursor %s that somebody has made up', async (_what, scope, position) => {
    const { problem } = await service.call(listSongs, { scope: 'public', cursor: encodeCursor(scope, position) });
    expect(problem).toMatchObject({
      status: 400,
      code: 'invalid_input',
      issues: [{ path: 'cursor', message: 'is not a cursor of this list' }],
    });
  });

  it('leaves out a song that somebody has spoiled by hand, and shows all others', async () => {
    const db = await database();
    const spoiled = db.doc(`songs/${newId('sng')}`);
    await spoiled.set({ visibility: 'public', state: 'ready', createdAt: new Date(), likes: 0, title: 7 });
    expect(ids(await readAll({ scope: 'public' }, 2))).toEqual(ids(all.filter(isListed).sort(byNewest)));
    await spoiled.delete();
  });

  it.each([
    ['newest', { createdAt: 'zuletzt', likes: 0 }],
    ['popular', { createdAt: new Date(), likes: 'many' }],
  ] as const)('goes on where a whole page by %s was spoiled by hand', async (sort, fields) => {
    const db = await database();
    const batch = db.batch();
    const spoiled = Array.from({ length: 104 }, () => db.doc(`songs/${newId('sng')}`));
    for (const ref of spoiled) batch.set(ref, { visibility: 'public', state: 'ready', ...fields }); // in the order, text stands before all else
    await batch.commit();
    expect(ids(await readAll({ scope: 'public', sort }, 7)).sort()).toEqual(ids(all.filter(isListed)).sort());
    await Promise.all(spoiled.map((ref) => ref.delete()));
  });

  it.each([0, 101, 1.5])('refuses a limit of %s', async (limit) => {
    expect((await service.call(listSongs, { scope: 'public', limit })).problem?.code).toBe('invalid_input');
  });
});

describe('listGenerations', () => {
  it("gives one's own requests, the newest first, each once, by pages", async () => {
    const asked: string[] = [];
    for (let songs = 0; songs < 5; songs += 1) {
      asked.unshift((await service.call(createSong, { prompt: `song ${songs}` }, { token })).body.generation.generationId);
    }
    const first = (await service.call(listGenerations, { limit: 3 }, { token })).body;
    const second = (await service.call(listGenerations, { limit: 3, cursor: first.nextCursor ?? '' }, { token })).body;
    expect([...first.items, ...second.items].map(({ generationId }) => generationId)).toEqual(asked);
    expect(second.nextCursor).toBeNull();
    const forged = encodeCursor(`generations:${uid}`, ['soon', 'gen_x']);
    expect((await service.call(listGenerations, { cursor: forged }, { token })).problem?.code).toBe('invalid_input');
  });
});
