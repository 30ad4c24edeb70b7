/** While the database is away, tickets that were given out play on, by what was last known. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin, issueTicket } from '#shared/access';
import type { Image } from '#shared/images';
import { database, newId } from '#shared/runtime';
import { readSongMedia, type Song } from '#shared/songs';
import { deleteImage } from '../../functions/images/deleteImage.ts';
import { deleteSong } from '../../functions/songs/deleteSong.ts';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import { watchCallsUnderWay } from '../faults/callsUnderWay.ts';
import { openTcpProxy, type TcpProxy } from '../faults/tcpProxy.ts';
import type { People } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { emulators } from '../support/emulators.ts';
import { given, SOUND } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const clock = new TestClock();
const callsEnded = watchCallsUnderWay();
let firestore: TcpProxy;
let house: House;
let people: People;

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  house = await openHouse({ world: { clock }, settings: { FIRESTORE_EMULATOR_HOST: firestore.host } });
  clock.advance(60_000); // Auth's own clock goes on while this one stands
  people = await house.newPeople();
});

afterEach(async () => {
  firestore.speak();
  firestore.join();
  clock.advance(60_000);
  await callsEnded();
});

afterAll(async () => {
  await house.close();
  await firestore.close();
});

/** What a player holds: an address of the sound, and one of the cover. */
interface Addresses {
  url: string;
  coverUrl: string;
}

async function addressesOf({ songId }: Song, token?: string): Promise<Addresses> {
  const { body } = await house.service.call(getPlayback, { songId }, { token });
  return { url: body.url, coverUrl: body.coverUrl! };
}

/** Addresses that another process has made: this one has met neither the song nor whom they are for. */
async function addressesFromElsewhere({ songId }: Song, subject: string): Promise<Addresses> {
  const media = await readSongMedia(songId);
  const address = (name: string, use: 'audio' | 'cover') => {
    const { storeId, ...object } = media![use]!;
    const { ticket } = issueTicket({ use, jti: newId('tkt'), subject, songId, storeId, object }, { now: clock.now() });
    return `${house.service.url}/${name}?${new URLSearchParams({ songId, ticket })}`;
  };
  return { url: address('streamSong', 'audio'), coverUrl: address('showCover', 'cover') };
}

const RANGE = { headers: { range: 'bytes=500-599' } };

/** Parts of a song as a player asks for them, and the cover. */
async function played({ url, coverUrl }: Addresses) {
  const part = await fetch(url, RANGE);
  const cover = await fetch(coverUrl);
  await cover.bytes();
  return { part: part.status, bytes: Buffer.from(await part.bytes()), cover: cover.status };
}

const PLAYS = { part: 206, bytes: SOUND.subarray(500, 600), cover: 200 };

/** As `<img>` shows the thumb of a picture, by a ticket for all pictures of its owner. */
async function shown({ imageId, ownerId }: Image): Promise<{ status: number; bytes: number }> {
  const { ticket } = issueTicket({ use: 'pictures', jti: newId('tkt'), subject: ownerId }, { now: clock.now() });
  const answer = await fetch(`${house.service.url}/showImage?${new URLSearchParams({ imageId, ticket, size: 'thumb' })}`);
  return { status: answer.status, bytes: (await answer.bytes()).length };
}

/** A signed-in person whom this process has never seen. */
async function newStranger(): Promise<string> {
  return (await authAdmin((auth) => auth.createUser({}))).uid;
}

async function tookMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const FAULTS: [string, () => void][] = [
  ['says nothing', () => firestore.silence()],
  ['refuses connections', () => firestore.cut()],
];

describe('G8: while the database is away', () => {
  it.each(FAULTS)('and %s, a ticket plays on as long as it holds, and only the first requests wait', async (_what, cut) => {
    const song = await given.song({ owner: people.owner.uid });
    const addresses = await addressesOf(song, await people.owner.tokenFor('getPlayback'));
    expect(await played(addresses)).toEqual(PLAYS);
    cut();
    const goOn = async () => expect(await played(addresses)).toEqual(PLAYS);
    const firstMs = await tookMs(goOn); // all that was known was young
    expect(await tookMs(() => Promise.all(Array.from({ length: 8 }, goOn)))).toBeLessThan(0.8 * firstMs);
    for (const passedMs of [31_000, 10 * 60_000]) {
      clock.advance(passedMs);
      expect(await tookMs(goOn)).toBeLessThan(5_000); // a look that somebody else waits for takes as long
    }
  });

  it.each(FAULTS)('and %s, a ticket plays also where nobody knows the song, nor whom it was made for', async (_what, cut) => {
    const owner = await newStranger();
    const addresses = await addressesFromElsewhere(await given.song({ owner }), owner);
    cut();
    clock.advance(31_000);
    expect(await played(addresses)).toEqual(PLAYS);
  });

  it('whom this process knows to be locked out stays so, and what was taken back stays so', async () => {
    const shared = await given.song({ owner: people.owner.uid, visibility: 'unlisted' });
    const uid = await newStranger();
    const hers = await addressesFromElsewhere(shared, uid);
    const anybodys = await addressesOf(shared);
    expect(await played(hers)).toEqual(PLAYS);
    await authAdmin((auth) => auth.updateUser(uid, { disabled: true }));
    clock.advance(30_000);
    expect((await played(hers)).part).toBe(401);
    await (await database()).doc(`songs/${shared.songId}`).update({ visibility: 'private' });
    clock.advance(30_000);
    expect((await played(anybodys)).part).toBe(404);
    firestore.silence();
    clock.advance(600_000);
    expect(await played(hers)).toMatchObject({ part: 401, cover: 401 });
    expect(await played(anybodys)).toMatchObject({ part: 404, cover: 404 });
  });

  it('what was changed here a moment before does not play by what was known before, or by the ticket', async () => {
    const song = await given.song({ owner: people.owner.uid });
    const token = await people.owner.tokenFor('getPlayback');
    const addresses = await addressesOf(song, token);
    await house.service.call(deleteSong, { songId: song.songId }, { token });
    firestore.silence();
    const answer = await house.service.send(`streamSong?${new URL(addresses.url).searchParams}`);
    expect(answer.problem).toMatchObject({ status: 503, code: 'feature_unavailable', feature: 'streaming', reason: 'database' });
  });

  it('pictures that were shown here are shown on, and those that were not wait', async () => {
    const [seen, unseen] = [await given.image({ owner: people.owner.uid }), await given.image({ owner: people.owner.uid })];
    const whole = { status: 200, bytes: seen.bytes };
    expect(await shown(seen)).toEqual(whole);
    firestore.silence();
    for (const passedMs of [0, 31_000]) {
      clock.advance(passedMs);
      expect(await shown(seen)).toEqual(whole);
    }
    expect((await shown(unseen)).status).toBe(503);
  });

  it('a picture is shown neither to who was locked out, nor once it is deleted here', async () => {
    const owner = await newStranger();
    const [hers, deleted] = [await given.image({ owner }), await given.image({ owner: people.owner.uid })];
    expect([(await shown(hers)).status, (await shown(deleted)).status]).toEqual([200, 200]);
    await authAdmin((auth) => auth.updateUser(owner, { disabled: true }));
    clock.advance(30_000);
    expect((await shown(hers)).status).toBe(401);
    const token = await people.owner.tokenFor('deleteImage');
    expect((await house.service.call(deleteImage, { imageId: deleted.imageId }, { token })).status).toBe(200);
    firestore.silence();
    clock.advance(31_000);
    expect([(await shown(hers)).status, (await shown(deleted)).status]).toEqual([401, 503]);
  });

  it('a bad ticket is refused as ever, at once', async () => {
    const song = await given.song({ owner: people.owner.uid });
    const { url, coverUrl } = await addressesOf(song, await people.owner.tokenFor('getPlayback'));
    firestore.silence();
    clock.advance(31_000);
    const bad = await tookMs(async () => expect((await played({ url: `${url}x`, coverUrl: `${coverUrl}x` })).part).toBe(401));
    expect(bad).toBeLessThan(1_000);
  });
});

describe('G7: once the database answers again', () => {
  it('everybody is looked at as before: who was locked out meanwhile is out within half a minute', async () => {
    const song = await given.song({ owner: people.owner.uid, visibility: 'unlisted' });
    const uid = await newStranger();
    const addresses = await addressesFromElsewhere(song, uid);
    expect(await played(addresses)).toEqual(PLAYS);
    firestore.silence();
    clock.advance(31_000);
    expect(await played(addresses)).toEqual(PLAYS);
    await authAdmin((auth) => auth.updateUser(uid, { disabled: true }));
    firestore.speak();
    clock.advance(30_000);
    expect(await played(addresses)).toMatchObject({ part: 401, cover: 401 });
  });
});
