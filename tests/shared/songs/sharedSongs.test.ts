/** Who gets what somebody else has begun to read of a song. */
import { describe, expect, it } from '@jest/globals';
import type { Caller } from '#shared/access';
import { type Clock, newId } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { loadSong, sharedSong } from '../../../shared/songs/sharedSongs.ts';
import { TestClock } from '../../support/clock.ts';

const clock: Clock = new TestClock();
const ANYBODY: Caller = { kind: 'anonymous' };
const MINA: Caller = { kind: 'user', uid: 'mina', role: 'user' };

const songOf = (songId: string, title: string) => ({ songId, title, ownerId: 'mina', state: 'ready', visibility: 'public' }) as Song;

/** A song of Mina's that has a new title as soon as its reading has begun, and whose first reading takes long. */
function songThatChanges() {
  const songId = newId('sng');
  const first = Promise.withResolvers<Song>();
  const reads = [() => first.promise, () => Promise.resolve(songOf(songId, 'After'))];
  let begun = 0;
  const load = async (caller: Caller) => (await loadSong(songId, caller, clock, () => reads[begun++]!())).song?.title;
  return { songId, load, endFirst: () => first.resolve(songOf(songId, 'Before')), begun: () => begun };
}

describe('Reading a song while somebody reads it already', () => {
  it('its owner gets it as it is now, not as it was when that began, and so does everybody after him', async () => {
    const { songId, load, endFirst } = songThatChanges();
    const both = [load(ANYBODY), load(MINA)];
    endFirst();
    expect(await Promise.all(both)).toEqual(['Before', 'After']);
    expect(sharedSong(songId, clock)?.title).toBe('After');
  });

  it('somebody who is not signed in waits for the same answer', async () => {
    const { load, endFirst, begun } = songThatChanges();
    const both = [load(ANYBODY), load(ANYBODY)];
    endFirst();
    expect(await Promise.all(both)).toEqual(['Before', 'Before']);
    expect(begun()).toBe(1);
  });
});
