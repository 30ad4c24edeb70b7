/** A caller reads what he just wrote; what others see is at most five minutes old, all caches in a row. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import { getSong } from '../../functions/songs/getSong.ts';
import { listSongs } from '../../functions/songs/listSongs.ts';
import { streamSong } from '../../functions/songs/streamSong.ts';
import { updateSong } from '../../functions/songs/updateSong.ts';
import { callerFor, sendInput } from '../fuzz/sendInput.ts';
import { expectedStatuses } from '../matrix/expectedStatuses.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import type { People } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const clock = new TestClock();
let house: House;
let people: People;

beforeAll(async () => {
  house = await openHouse({ world: { clock }, hasBucket: true });
  people = await house.newPeople();
});
afterAll(() => house.close());

const asOwner = async () => ({ token: await people.owner.tokenFor('getSong') });
const publicSong = (title: string) => given.song({ owner: people.owner.uid, visibility: 'public', title });

/** As another process would do it, of which this one hears nothing. */
async function changeElsewhere(songId: string, change: object): Promise<void> {
  await (await database()).doc(`songs/${songId}`).update({ ...change, updatedAt: new Date(clock.now()) });
}

async function titlesFor(token?: string): Promise<string[]> {
  const { body } = await house.service.call(listSongs, { scope: 'public', limit: 50 }, { token });
  return body.items.map(({ title }) => title);
}

describe('G14: what a caller has just written', () => {
  it('is what he reads, though another process wrote it and others still read the old', async () => {
    const { songId } = await publicSong('Before');
    await house.service.call(getSong, { songId });
    expect(await titlesFor()).toContain('Before');
    await changeElsewhere(songId, { title: 'After' });
    const { token } = await asOwner();
    expect((await house.service.call(getSong, { songId }, { token })).body.song.title).toBe('After');
    expect(await titlesFor(token)).toEqual(expect.arrayContaining(['After']));
    expect(await titlesFor(token)).not.toContain('Before');
  });

  it('is in the number of likes that he reads, though another process counted his like and others still read the old', async () => {
    const { songId } = await publicSong('Liked elsewhere');
    const likes = async (token?: string) => (await house.service.call(getSong, { songId }, { token })).body.song.likes;
    expect(await likes()).toBe(0);
    await (await database()).doc(`songs/${songId}`).update({ likes: 1 });
    expect(await likes()).toBe(0);
    expect(await likes(await people.stranger.tokenFor('getSong'))).toBe(1);
  });

  it('is listed for him when another process published it, and gone when it was deleted there', async () => {
    await titlesFor();
    const { songId } = await given.song({ owner: people.owner.uid, title: 'Published', visibility: 'private' });
    await changeElsewhere(songId, { visibility: 'public' });
    const { token } = await asOwner();
    expect(await titlesFor(token)).toContain('Published');
    clock.advance(600_000); // long after the change, with a list that everybody shares
    expect(await titlesFor()).toContain('Published');
    await (await database()).doc(`songs/${songId}`).delete();
    expect(await titlesFor(token)).not.toContain('Published');
  });

  it('is listed for him, though nothing of his was in the list that others share', async () => {
    const { uid, tokenFor } = people.stranger;
    const { songId } = await given.song({ owner: uid, title: 'First of mine', visibility: 'private' });
    clock.advance(600_000);
    expect(await titlesFor()).not.toContain('First of mine');
    await changeElsewhere(songId, { visibility: 'public' });
    expect(await titlesFor()).not.toContain('First of mine');
    expect(await titlesFor(await tokenFor('listSongs'))).toContain('First of mine');
  });

  it('is seen by others at once when it was theirs alone before: what is not shared is not kept', async () => {
    const { songId } = await given.song({ owner: people.owner.uid, visibility: 'private' });
    await house.service.call(getSong, { songId }, await asOwner());
    await changeElsewhere(songId, { visibility: 'unlisted' });
    expect((await house.service.call(getSong, { songId })).status).toBe(200);
  });

  it('is read by everybody at once in the process that wrote it', async () => {
    const { songId } = await publicSong('Here');
    clock.advance(260_000);
    expect(await titlesFor()).toContain('Here');
    await house.service.call(updateSong, { songId, title: 'There' }, await asOwner());
    expect((await house.service.call(getSong, { songId })).body.song.title).toBe('There');
    expect(await titlesFor()).toContain('There');
  });
});

describe('G14: what others see', () => {
  it('is old for 260 s in a process, and five minutes with what HTTP may add', async () => {
    const { songId } = await publicSong('Old');
    const first = await house.service.call(getSong, { songId });
    await titlesFor();
    await changeElsewhere(songId, { title: 'New' });
    const seen = async () => [(await house.service.call(getSong, { songId })).body.song.title, (await titlesFor()).includes('New')];
    clock.advance(259_000);
    expect(await seen()).toEqual(['Old', false]);
    clock.advance(1_000);
    expect(await seen()).toEqual(['New', true]);
    const maxAgeS = Number(/^public, max-age=(\d+)$/.exec(first.headers.get('cache-control') ?? '')?.[1]);
    expect(260 + 2 * maxAgeS).toBeLessThanOrEqual(300);
  });

  it('plays no longer than half a minute after the owner took it back, with whatever ticket', async () => {
    const { songId } = await publicSong('Taken back');
    const { body } = await house.service.call(getPlayback, { songId });
    const ticket = new URL(body.url).searchParams.get('ticket')!;
    // A download counts no play: carrying one over would look at the song as well.
    expect((await house.service.call(streamSong, { songId, ticket, download: true })).status).toBe(200);
    await changeElsewhere(songId, { visibility: 'private' });
    clock.advance(30_000);
    expect((await house.service.call(streamSong, { songId, ticket, download: true })).status).toBe(404);
    expect((await house.service.call(streamSong, { songId, download: true })).status).toBe(404);
  });

  it('is never the answer that somebody else was given: every function, with caches that are warm', async () => {
    const leaks: string[] = [];
    for (const name of functionNames()) {
      const endpoint = house.endpoint(name);
      if (endpoint.method !== 'GET' || endpoint.access === 'scheduler') continue;
      for (const variant of variantsFor(endpoint)) {
        const { uid } = people.owner;
        const input = await givenInput(house.service, endpoint, await variant.make(uid));
        const own = await sendInput(house, people, endpoint, input);
        for (const caller of [people.stranger, ...house.outsiders.filter(({ standing }) => standing === 'nobody')]) {
          const token = await caller.tokenFor(name);
          const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), 'if-none-match': own.headers.get('etag') ?? '"none"' };
          const query = new URLSearchParams(Object.entries(input).map(([field, value]) => [field, String(value)]));
          const { status } = await house.service.send(`${name}?${query}`, { headers, redirect: 'manual' });
          const { statuses } = expectedStatuses(endpoint, caller, { variant, owner: uid });
          if (![...statuses, ...(variant.isShared ? [302, 304] : [])].includes(status))
            leaks.push(`${name} of ${variant.name}: ${status} for ${caller.name}`);
        }
      }
    }
    expect(leaks).toEqual([]);
  });

  it('depends on the token: no answer to somebody who sent one is for a shared cache, or for who signs in there next', async () => {
    const wrong: string[] = [];
    for (const name of functionNames()) {
      const endpoint = house.endpoint(name);
      if (endpoint.method !== 'GET' || endpoint.access === 'scheduler') continue;
      const [variant] = variantsFor(endpoint);
      const input = await givenInput(house.service, endpoint, await variant?.make(people.owner.uid));
      const { headers } = await sendInput(house, people, endpoint, input);
      const token = await callerFor(house, people, endpoint.access).tokenFor(name);
      const kept = headers.get('cache-control') ?? '';
      const isOwn = kept === 'no-store' || (/^private\b/.test(kept) && headers.get('vary')?.includes('Authorization'));
      if (!token || !isOwn) wrong.push(`${name}: ${headers.get('cache-control')}`);
    }
    expect(wrong).toEqual([]);
  });
});
