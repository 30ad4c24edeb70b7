/** G15: of a deleted account nothing is left within the hour, and nothing brings it back. On the real service, with work in flight. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceErasures } from '#shared/erasure';
import { verifyLedger } from '#shared/operations';
import { database, systemWorld } from '#shared/runtime';
import { rollUpCounters } from '#shared/songs';
import { deleteAccount } from '../../functions/accounts/deleteAccount.ts';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { refreshSession } from '../../functions/accounts/refreshSession.ts';
import { signIn } from '../../functions/accounts/signIn.ts';
import { updateProfile } from '../../functions/accounts/updateProfile.ts';
import { finishUpload } from '../../functions/images/finishUpload.ts';
import { startUpload } from '../../functions/images/startUpload.ts';
import { createSong } from '../../functions/songs/createSong.ts';
import { getSong } from '../../functions/songs/getSong.ts';
import { put } from '../endpoints/images/uploader.ts';
import { erasures, fillAccount, leftOf, replicate, thingsOf } from '../shared/erasure/wholeAccount.ts';
import { alteredToken, type Person, signUpPerson } from '../support/callers.ts';
import { given } from '../support/given.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
});

afterAll(() => studio.close());

afterEach(async () => {
  const db = await database();
  for (const document of await db.collection('erasures').listDocuments()) await document.delete();
});

async function watch(): Promise<void> {
  const run = { world: { ...systemWorld, clock: studio.clock }, signal: new AbortController().signal };
  await advanceErasures(run);
  await rollUpCounters(run);
}

async function somebody(): Promise<Person> {
  const person = await newcomer();
  await fillAccount(person.uid);
  return person;
}

/** With a token that is good by the studio's clock, which runs ahead. */
async function newcomer(): Promise<Person> {
  const person = await signUpPerson(studio.service);
  return { ...person, token: tokenOf(person) };
}

function tokenOf(person: Person): string {
  studio.clock.advance(Math.max(0, Date.now() - studio.clock.now())); // Auth's own clock goes on while this one stands
  const iat = Math.floor(studio.clock.now() / 1000);
  return alteredToken(person, { iat, auth_time: iat, exp: iat + 3600 });
}

async function remove({ token }: Person): Promise<void> {
  const { status, body } = await studio.service.call(deleteAccount, {}, { token });
  expect({ status, body }).toEqual({ status: 200, body: { deleted: true } });
}

/** What Cloud Scheduler fires each minute; here, so that an hour is short, every five. */
async function fiveMinutes(run: () => Promise<unknown> = watch): Promise<void> {
  await run();
  await studio.runWorker();
  await replicate(studio.clock);
  studio.clock.advance(5 * 60_000);
}

/** @returns after how many minutes */
async function untilDone(run?: () => Promise<unknown>): Promise<number> {
  for (let minutes = 5; minutes <= 60; minutes += 5) {
    await fiveMinutes(run);
    if ((await erasures()).every(({ state }) => state === 'done')) return minutes;
  }
  throw new Error(`not done after an hour: ${JSON.stringify(await erasures())}`);
}

describe('Of a deleted account', () => {
  it('nothing is left within the hour, in no collection, no store and not in Auth, and the books are true all the way', async () => {
    const person = await somebody();
    const { token, uid } = person;
    const headers = { 'idempotency-key': 'once-and-no-more' };
    await studio.service.call(updateProfile, { displayName: 'Somebody' }, { token });
    await studio.service.call(createSong, { prompt: 'a calm song' }, { token, headers });
    await studio.service.call(startUpload, { contentType: 'image/png', bytes: 70 }, { token, headers });
    await studio.workUntil(async () => (await thingsOf(uid)).length >= 5); // some of it is being made right now
    const things = await thingsOf(uid);
    expect((await leftOf(uid, things)).length).toBeGreaterThan(30);
    await remove(person);
    const faults: unknown[] = [];
    const minutes = await untilDone(async () => {
      await watch();
      faults.push(...(await verifyLedger()).discrepancies);
    });
    expect(await leftOf(uid, things)).toEqual([]);
    expect(faults).toEqual([]);
    expect(minutes).toBeLessThan(40);
    expect(await erasures()).toEqual([
      { erasureId: expect.stringMatching(/^tmb_/), state: 'done', startedAt: expect.anything(), finishedAt: expect.anything() },
    ]);
  });

  it('others keep everything, and operators read what was done, but not to whom', async () => {
    const other = await somebody();
    const before = await leftOf(other.uid, await thingsOf(other.uid));
    const person = await somebody();
    const db = await database();
    const entries = (await db.collection('audit').where('target', '==', person.uid).get()).docs;
    await remove(person);
    await untilDone();
    expect(await leftOf(other.uid, await thingsOf(other.uid))).toEqual(expect.arrayContaining(before));
    const [erasure] = await erasures();
    const { erasureId } = erasure!;
    expect((await entries[0]!.ref.get()).data()).toMatchObject({ target: erasureId, after: { people: [erasureId] } });
  });

  it('no token, no password and no refresh token lets anybody in again, at any time', async () => {
    const person = await somebody();
    const { email, password, refreshToken } = person;
    await remove(person);
    const isOut = async () => {
      const token = tokenOf(person);
      expect((await studio.service.call(getProfile, {}, { token })).problem).toMatchObject({ status: 401, code: 'session_ended' });
      expect((await studio.service.call(deleteAccount, {}, { token })).problem).toMatchObject({ code: 'session_ended' });
      expect((await studio.service.call(refreshSession, { refreshToken })).problem).toMatchObject({ code: 'session_ended' });
      expect((await studio.service.call(signIn, { email, password })).problem).toMatchObject({ code: 'wrong_credentials' });
    };
    await isOut();
    await untilDone();
    await isOut();
    expect(await leftOf(person.uid, [])).toEqual([]);
  });
});

describe('What is under way when an account is deleted', () => {
  it.each([0, 1, 2, 4])('leaves nothing: a song whose worker has made %i rounds and is at it', async (rounds) => {
    const person = await newcomer();
    const { generationId } = await given.generation({ owner: person.uid });
    for (let round = 0; round < rounds; round += 1) {
      await studio.runWorker();
      studio.clock.advance(6_000);
    }
    const inHand = studio.runWorker();
    await Promise.all([remove(person), watch(), inHand]);
    await watch();
    const things = [generationId, ...(await thingsOf(person.uid))];
    await untilDone();
    expect(await leftOf(person.uid, things)).toEqual([]);
    expect((await verifyLedger()).discrepancies).toEqual([]);
  });

  it('is refused: what asks for a song, or for a place for a picture, in that very moment', async () => {
    const person = await newcomer();
    const { token, uid } = person;
    const asking = Array.from({ length: 6 }, () => [
      studio.service.call(createSong, { prompt: 'a calm song' }, { token }),
      studio.service.call(startUpload, { contentType: 'image/png', bytes: 70 }, { token }),
    ]).flat();
    await Promise.all([...asking, remove(person)]);
    for (const { status } of await Promise.all(asking)) expect([201, 202, 401]).toContain(status);
    await untilDone();
    expect(await leftOf(uid, [])).toEqual([]);
  });

  it('leaves nothing: pictures that are sent to their addresses after the deletion, as long as these live', async () => {
    const { token, uid, ...rest } = await newcomer();
    const start = async () => (await studio.service.call(startUpload, { contentType: 'image/png', bytes: 4 }, { token })).body;
    const [atOnce, late, refused] = [await start(), await start(), await start()];
    await put(refused.upload, 'four');
    expect((await studio.service.call(finishUpload, { imageId: refused.imageId }, { token })).problem?.code).toBe('picture_refused');
    await remove({ token, uid, ...rest });
    const statuses = [await put(atOnce.upload, 'four'), await put(refused.upload, 'four')].map(({ status }) => status);
    await fiveMinutes();
    await fiveMinutes();
    expect([...statuses, (await put(late.upload, 'four')).status]).toEqual([200, 412, 200]);
    const things = [atOnce, late, refused].map(({ imageId }) => imageId);
    expect((await leftOf(uid, things)).filter((path) => path.includes(' uploads/'))).toHaveLength(3);
    expect(await untilDone()).toBeLessThan(40);
    expect(await leftOf(uid, things)).toEqual([]);
    studio.clock.advance(10 * 60_000);
    expect((await put(late.upload, 'four')).status).toBe(400); // it has lapsed
  });

  it('waits: while the bucket is down nothing is called done, and then it goes on by itself', async () => {
    const person = await somebody();
    const things = await thingsOf(person.uid);
    await remove(person);
    await fiveMinutes();
    await studio.storage.stop();
    studio.clock.advance(60 * 60_000);
    await fiveMinutes();
    await fiveMinutes();
    expect((await erasures()).map(({ state }) => state)).toEqual(['erasing']);
    await studio.storage.start();
    await untilDone();
    expect(await leftOf(person.uid, things)).toEqual([]);
  });
});

it('Two and more workers at once erase as one does', async () => {
  const people = await Promise.all([somebody(), somebody()]);
  const things = await Promise.all(people.map(({ uid }) => thingsOf(uid)));
  for (const person of people) await remove(person);
  await untilDone(() => Promise.all([watch(), watch(), watch()]));
  for (const [at, { uid }] of people.entries()) expect(await leftOf(uid, things[at]!)).toEqual([]);
  expect((await verifyLedger()).discrepancies).toEqual([]);
});

it('A public song of a deleted account is nobody’s to hear after the first minutes', async () => {
  const person = await newcomer();
  const { songId } = await given.song({ owner: person.uid, visibility: 'public' });
  expect((await studio.service.call(getSong, { songId })).status).toBe(200);
  await remove(person);
  await watch();
  const db = await database();
  expect((await db.doc(`songs/${songId}`).get()).exists).toBe(false);
  await untilDone();
});
