import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { database, systemClock } from '#shared/runtime';
import { listOwnSongs, listPublicSongs, type Song } from '#shared/songs';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { updateSong } from '../../../functions/songs/updateSong.ts';
import type { People } from '../../support/callers.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let people: People;
let token: string;

beforeAll(async () => {
  house = await openHouse();
  people = await house.newPeople();
  token = (await people.owner.tokenFor('listSongs'))!;
});
afterAll(() => house.close());

type Query = z.input<typeof listSongs.input>;

async function titles(query: Query, as: 'owner' | 'stranger' | 'nobody' = 'nobody'): Promise<string[]> {
  const bearer = as === 'nobody' ? undefined : await people[as].tokenFor('listSongs');
  return (await service(query, bearer)).items.map(({ title }) => title);
}

const service = async (query: Query, bearer?: string) => (await house.service.call(listSongs, query, { token: bearer })).body;

const song = (title: string, own: Partial<Song> = {}) => given.song({ owner: people.owner.uid, visibility: 'public', title, ...own });

describe('Searching in songs', () => {
  it("finds by title, style and owner's name, and by initial consonants", async () => {
    await song('바닷가의 소리', { style: 'ambient', ownerName: '하늘' });
    await song('Harbour lights', { style: '잔잔한 소리', ownerName: 'Ari' });
    for (const query of ['소리', 'ㅅㄹ'])
      expect((await titles({ scope: 'public', query })).sort()).toEqual(['Harbour lights', '바닷가의 소리']);
    expect(await titles({ scope: 'public', query: 'ㅎㄴ' })).toEqual(['바닷가의 소리']);
    expect(await titles({ scope: 'public', query: 'sori' })).toEqual([]);
    expect(await titles({ scope: 'public', query: '!?' })).toEqual([]);
  });

  it('finds a renamed song by its new name at once, and no longer by the old one', async () => {
    const { songId } = await song('Oldname');
    await house.service.call(updateSong, { songId, title: 'Newname' }, { token });
    expect(await titles({ scope: 'public', query: 'newn' })).toEqual(['Newname']);
    expect(await titles({ scope: 'public', query: 'oldn' })).toEqual([]);
  });

  it('finds what is private, unlisted, hidden, failed or in the making for its owner alone', async () => {
    await song('Quiet one', { visibility: 'private' });
    await song('Quiet two', { visibility: 'unlisted' });
    await song('Quiet three', { state: 'hidden' });
    await song('Quiet four', { state: 'making' });
    await song('Quiet five', { state: 'failed' });
    expect(await titles({ scope: 'mine', query: 'quiet' }, 'owner')).toHaveLength(5);
    expect(await titles({ scope: 'public', query: 'quiet' }, 'owner')).toEqual([]);
    expect(await titles({ scope: 'public', query: 'quiet' }, 'stranger')).toEqual([]);
    expect(await titles({ scope: 'mine', query: 'quiet' }, 'stranger')).toEqual([]);
  });

  it('finds a song that is made private or deleted no longer', async () => {
    const { songId } = await song('Here today');
    expect(await titles({ scope: 'public', query: 'today' })).toEqual(['Here today']);
    await house.service.call(updateSong, { songId, visibility: 'private' }, { token });
    expect(await titles({ scope: 'public', query: 'today' })).toEqual([]);
    await house.service.call(deleteSong, { songId }, { token });
    expect(await titles({ scope: 'mine', query: 'today' }, 'owner')).toEqual([]);
    const db = await database();
    expect((await db.doc(`songSearch/${songId}`).get()).exists).toBe(false);
  });

  it('shows nothing that an operator has hidden by hand, whatever the index says', async () => {
    const { songId } = await song('Handmade');
    const db = await database();
    await db.doc(`songs/${songId}`).update({ state: 'hidden' });
    expect(await titles({ scope: 'public', query: 'handmade' })).toEqual([]);
  });
});

describe('Pages of what was found', () => {
  const made: Song[] = [];

  beforeAll(async () => {
    for (let at = 0; at < 12; at += 1) {
      const createdAt = new Date(Date.parse('2026-03-01T12:00:00Z') + at * 1000).toISOString();
      made.unshift(await song(`Many ${at % 3 === 0 ? 'red' : 'blue'} kites`, { likes: at % 4, createdAt }));
    }
  });

  async function allPages(query: Query, limit: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null | undefined;
    for (let pages = 0; cursor !== null && pages < 20; pages += 1) {
      const page = await service({ ...query, limit, ...(cursor ? { cursor } : {}) }, token);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      ids.push(...page.items.map(({ songId }) => songId));
      cursor = page.nextCursor;
    }
    expect(cursor).toBeNull();
    return ids;
  }

  const newest = () => made.map(({ songId }) => songId);
  const popular = () => made.toSorted((one, other) => other.likes - one.likes).map(({ songId }) => songId);

  it.each([1, 5, 100])('have each song once, the newest first, by %i', async (limit) => {
    for (const scope of ['public', 'mine'] as const) expect(await allPages({ scope, query: 'kit many' }, limit)).toEqual(newest());
  });

  it('have the most liked first where that is asked for', async () => {
    for (const scope of ['public', 'mine'] as const) {
      expect(await allPages({ scope, query: 'kites', sort: 'popular' }, 5)).toEqual(popular());
    }
  });

  it('are short when another word is in few of them, and end only with the last', async () => {
    const red = made.filter(({ title }) => title.includes('red')).map(({ songId }) => songId);
    expect(await allPages({ scope: 'public', query: 'red kites' }, 2)).toEqual(red);
  });

  it('go on only with a cursor of the same words and the same order', async () => {
    const { nextCursor } = await service({ scope: 'public', query: 'kites', limit: 1 });
    for (const other of [{ query: 'many' }, {}, { query: 'kites', sort: 'popular' as const }]) {
      const { problem } = await house.service.call(listSongs, { scope: 'public', cursor: nextCursor!, ...other });
      expect(problem?.code).toBe('invalid_input');
    }
  });

  it('cost at most two documents for each song that a page may have, and one', async () => {
    const nobody = { kind: 'anonymous' } as const;
    for (const limit of [1, 5, 100]) {
      const wanted = { sort: 'newest' as const, limit };
      const most = { reads: expect.any(Number), writes: 0 };
      const searches = [
        () => listPublicSongs({ ...wanted, query: 'kites' }, nobody, systemClock),
        () => listOwnSongs(people.owner.uid, { ...wanted, query: 'kites' }),
      ];
      for (const search of searches) {
        const asked = await countDocuments(search);
        expect(asked).toEqual(most);
        expect(asked.reads).toBeLessThanOrEqual(2 * limit + 1);
      }
      const plain = await countDocuments(() => listPublicSongs(wanted, nobody, systemClock));
      expect(plain.reads).toBeLessThanOrEqual(limit + 1);
    }
    expect(listSongs.budget.reads).toBe(2 * 100 + 1 + 1); // and whether the caller has changed something lately
  });
});
