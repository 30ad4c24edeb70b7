import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { authAdmin, forgetUserState } from '#shared/access';
import { endSessions } from '#shared/accounts';
import { database, required, systemClock } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import { updateSong } from '../../functions/songs/updateSong.ts';
import type { People } from '../support/callers.ts';
import { given, SOUND } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import type { Answer } from '../support/service.ts';

let house: House;
let people: People;
let song: Song;
let ticket: string;
let coverTicket: string;

beforeAll(async () => {
  house = await openHouse();
});

beforeEach(async () => {
  people = await house.newPeople();
  song = await given.song({ owner: people.owner.uid });
  const token = await people.owner.tokenFor('getPlayback');
  const { body } = await house.service.call(getPlayback, { songId: song.songId }, { token });
  ticket = new URL(body.url).searchParams.get('ticket')!;
  coverTicket = new URL(body.coverUrl!).searchParams.get('ticket')!;
});

afterAll(() => house.close());

function play(songId: string, withTicket?: string): Promise<Answer> {
  return house.service.send(`streamSong?${new URLSearchParams({ songId, ...(withTicket ? { ticket: withTicket } : {}) })}`);
}

/** The song's ticket as it would be had it been made at `issuedAtMs`, with other claims. */
function ticketOf(issuedAtMs: number, other: object): string {
  const claims = jwt.decode(ticket) as jwt.JwtPayload;
  const iat = Math.floor(issuedAtMs / 1000);
  return jwt.sign({ ...claims, ...other, iat, exp: iat + claims.exp! - claims.iat! }, required('JWT_SECRET'));
}

const HOUR_MS = 3_600_000;
const UNAUTHENTICATED = { status: 401, code: 'unauthenticated' };

describe('G6: a ticket opens one song, to one use, for a while', () => {
  it('plays a private song to a player that sends no header', async () => {
    const { status, headers } = await play(song.songId, ticket);
    expect([status, headers.get('content-length')]).toEqual([200, String(SOUND.length)]);
    expect((await play(song.songId)).problem).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('does not play another song of the same person', async () => {
    const other = await given.song({ owner: people.owner.uid });
    expect((await play(other.songId, ticket)).problem).toMatchObject(UNAUTHENTICATED);
  });

  it('does not play with a ticket for the cover, nor show the cover with one for the sound', async () => {
    expect((await play(song.songId, coverTicket)).problem).toMatchObject(UNAUTHENTICATED);
    const cover = (mine: string) => house.service.send(`showCover?${new URLSearchParams({ songId: song.songId, ticket: mine })}`);
    expect((await cover(ticket)).problem).toMatchObject(UNAUTHENTICATED);
    expect((await cover(coverTicket)).status).toBe(200);
  });

  it('ends after six hours', async () => {
    const shared = await given.song({ owner: people.owner.uid, visibility: 'unlisted' });
    const nobodys = { songId: shared.songId, subject: null }; // a person's ticket cannot be older than the account
    expect((await play(shared.songId, ticketOf(Date.now() - 5.9 * HOUR_MS, nobodys))).status).toBe(200);
    expect((await play(shared.songId, ticketOf(Date.now() - 6.1 * HOUR_MS, nobodys))).problem).toMatchObject(UNAUTHENTICATED);
  });

  it.each<[string, (claims: object) => string]>([
    ['signed with another secret', (claims) => jwt.sign(claims, 'x'.repeat(64), { algorithm: 'HS256' })],
    ['not signed at all', (claims) => jwt.sign(claims, '', { algorithm: 'none' })],
    ['signed by the service for another purpose', (claims) => jwt.sign({ ...claims, aud: 'other' }, required('JWT_SECRET'))],
    ['cut', () => ticket.slice(0, -4)],
    ['junk', () => 'a.b.c'],
  ])('does not play with one that is %s', async (_what, make) => {
    expect((await play(song.songId, make(jwt.decode(ticket) as object))).problem).toMatchObject(UNAUTHENTICATED);
  });

  it('ends with the account of whom it was made for', async () => {
    await authAdmin((auth) => auth.updateUser(people.owner.uid, { disabled: true }));
    forgetUserState(people.owner.uid);
    expect((await play(song.songId, ticket)).problem).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('ends with the account, also when it is the service that disables it', async () => {
    await (await database()).doc(`userPrivate/${people.owner.uid}`).update({ disabled: true });
    forgetUserState(people.owner.uid);
    expect((await play(song.songId, ticket)).problem).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('ends with the sessions of whom it was made for', async () => {
    await endSessions(people.owner.uid, systemClock);
    expect((await play(song.songId, ticket)).problem).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('ends for everyone else when the owner takes the song back', async () => {
    const shared = await given.song({ owner: people.owner.uid, visibility: 'unlisted' });
    const { body } = await house.service.call(getPlayback, { songId: shared.songId });
    const theirs = new URL(body.url).searchParams.get('ticket')!;
    expect((await play(shared.songId, theirs)).status).toBe(200);
    const token = await people.owner.tokenFor('updateSong');
    await house.service.call(updateSong, { songId: shared.songId, visibility: 'private' }, { token });
    expect((await play(shared.songId, theirs)).problem).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('ends with the song', async () => {
    const db = await database();
    await Promise.all([db.doc(`songs/${song.songId}`).delete(), db.doc(`songMedia/${song.songId}`).delete()]);
    expect((await play(song.songId, ticket)).status).toBe(404);
  });

  it('is no token', async () => {
    expect((await house.service.call(getProfile, {}, { token: ticket })).problem).toMatchObject(UNAUTHENTICATED);
  });
});
