import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Song } from '#shared/songs';
import { moderateSong } from '../../../functions/admin/moderateSong.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { updateSong } from '../../../functions/songs/updateSong.ts';
import type { People } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let people: People;
let song: Song;

beforeAll(async () => {
  house = await openHouse();
  people = await house.newPeople();
});
beforeEach(async () => {
  song = await given.song({ owner: people.owner.uid, visibility: 'public' });
});
afterAll(() => house.close());

const by = async (name: keyof People) => ({ token: await people[name].tokenFor('') });

async function moderate(hidden: boolean) {
  return house.service.call(moderateSong, { songId: song.songId, hidden, reason: 'Somebody complained.' }, await by('admin'));
}

describe('moderateSong', () => {
  it('hides a song from everybody but its owner, who sees that it is hidden', async () => {
    const { service } = house;
    const { songId } = song;
    await service.call(getSong, { songId }); // from now on it is shared
    const hidden = await moderate(true);
    expect(hidden.body.song).toEqual({ ...song, state: 'hidden', updatedAt: expect.any(String) });
    for (const caller of [undefined, await by('stranger')]) {
      expect((await service.call(getSong, { songId }, caller)).status).toBe(404);
      expect((await service.call(getPlayback, { songId }, caller)).status).toBe(404);
      const listed = (await service.call(listSongs, { scope: 'public', limit: 100 }, caller)).body.items;
      expect(listed.map((each) => each.songId)).not.toContain(songId);
    }
    expect((await service.call(getSong, { songId }, await by('owner'))).body.song).toEqual(hidden.body.song);
    const mine = (await service.call(listSongs, { scope: 'mine' }, await by('owner'))).body.items;
    expect(mine[0]).toMatchObject({ songId, state: 'hidden' });
  });

  it('ends what others are listening to, by addresses they have already', async () => {
    const { body } = await house.service.call(getPlayback, { songId: song.songId }, await by('stranger'));
    const heard = async () => (await fetch(body.url)).status;
    expect(await heard()).toBe(200);
    await moderate(true);
    expect(await heard()).toBe(404);
    await moderate(false);
    expect(await heard()).toBe(200);
  });

  it('shows the song again, to all', async () => {
    await moderate(true);
    expect((await moderate(false)).body.song).toMatchObject({ state: 'ready', visibility: 'public' });
    expect((await house.service.call(getSong, { songId: song.songId })).status).toBe(200);
  });

  it('takes a song out of the search, and puts it back', async () => {
    song = await given.song({ owner: people.owner.uid, visibility: 'public', title: 'Unheard lullaby' });
    const found = async () => {
      const { body } = await house.service.call(listSongs, { scope: 'public', query: 'lullaby' });
      return body.items.map(({ songId }) => songId);
    };
    await moderate(false);
    expect(await found()).toEqual([song.songId]);
    await moderate(true);
    expect(await found()).toEqual([]);
    await moderate(false);
    expect(await found()).toEqual([song.songId]);
  });

  it('is not undone by the owner', async () => {
    await moderate(true);
    const publish = await house.service.call(updateSong, { songId: song.songId, visibility: 'unlisted' }, await by('owner'));
    expect(publish.problem).toMatchObject({ status: 409, code: 'song_not_ready' });
    expect((await house.service.call(getSong, { songId: song.songId })).status).toBe(404);
  });

  it('refuses what was never shown, and a reason that says nothing', async () => {
    song = await given.song({ owner: people.owner.uid, state: 'making' });
    expect((await moderate(true)).problem).toMatchObject({ status: 409, code: 'song_not_ready' });
    const silent = await house.service.call(moderateSong, { songId: song.songId, hidden: true, reason: ' ' }, await by('admin'));
    expect(silent.problem).toMatchObject({ status: 400, issues: [{ path: 'reason' }] });
  });
});
