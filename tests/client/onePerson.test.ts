/** Two people, one after the other, in the same client: what one began is never done in the name of the other. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Client, createClient, type KeptSession } from '#shared/client';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { type Relay, startRelay } from './relay.ts';

let house: House;
let relay: Relay;
let client: Client;
let session: KeptSession | undefined;
let mina: string;
let joon: { email: string; uid: string };
/** Once, when the answer of this function has come and the app has not heard of it yet. */
let meanwhile: { after: string; happens: () => Promise<unknown> } | undefined;
const password = 'a long password';

const interrupted: typeof fetch = async (...request) => {
  const answer = await fetch(...request);
  if (meanwhile && String(request[0]).includes(meanwhile.after)) {
    const { happens } = meanwhile;
    meanwhile = undefined;
    await happens();
  }
  return answer;
};

async function signedUp(by: Client, displayName: string): Promise<{ email: string; uid: string }> {
  const email = `${randomBytes(6).toString('hex')}@sori.example`;
  return { email, uid: (await by.signUp({ email, password, displayName })).profile.uid };
}

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
  relay = await startRelay(house.service.url);
});

beforeEach(async () => {
  meanwhile = undefined;
  const onSession = (next: KeptSession | undefined) => {
    session = next;
  };
  joon = await signedUp(createClient({ baseUrl: relay.url }), 'Joon');
  client = createClient({ baseUrl: relay.url, fetch: interrupted, onSession, retry: { firstPauseMs: 5, mostPauseMs: 20 } });
  mina = (await signedUp(client, 'Mina')).uid;
  await given.credits({ owner: mina });
  await given.credits({ owner: joon.uid });
  relay.fates();
});

afterAll(async () => {
  await relay.close();
  await house.close();
});

const timesOf = (name: string) => relay.calls.filter((call) => call.name === name).length;
const failureOf = (begun: Promise<unknown>) =>
  begun.then(
    () => 'it went on',
    (error: unknown) => error,
  );

async function joonTakesOver(): Promise<void> {
  await client.signOut();
  await client.signIn({ email: joon.email, password });
}

describe('When another person signs in', () => {
  it('in the pause before the next try, that try is not made, and the first one tells why', async () => {
    meanwhile = { after: 'createSong', happens: joonTakesOver };
    relay.fates(503);
    expect(await failureOf(client.createSong({ prompt: 'for Mina' }))).toMatchObject({ code: 'bad_answer', status: 503 });
    expect([timesOf('createSong'), session?.uid]).toEqual([1, joon.uid]);
    expect((await client.listGenerations()).items).toEqual([]);
  });

  it('while a token could not be had, the call is not made with theirs', async () => {
    const over = { ...session!, expiresAt: new Date(Date.now() - 60_000).toISOString() };
    client = createClient({ baseUrl: relay.url, fetch: interrupted, session: over, retry: { firstPauseMs: 5 } });
    meanwhile = { after: 'refreshSession', happens: () => client.signIn({ email: joon.email, password }) };
    relay.fates(503);
    expect(await failureOf(client.createSong({ prompt: 'for Mina' }))).toMatchObject({ status: 503 });
    expect(timesOf('createSong')).toBe(0);
  });

  it('between two pages, no page of theirs follows', async () => {
    await given.song({ owner: mina });
    await given.song({ owner: mina });
    meanwhile = { after: 'listSongs', happens: joonTakesOver };
    const owners: string[] = [];
    const walk = async () => {
      for await (const { ownerId } of client.listSongs.all({ scope: 'mine', limit: 1 })) owners.push(ownerId);
    };
    expect(await failureOf(walk())).toMatchObject({ code: 'person_changed', status: 0 });
    expect([owners, timesOf('listSongs')]).toEqual([[mina], 1]);
  });

  it('during an upload, it is not finished in their name', async () => {
    meanwhile = { after: 'startUpload', happens: joonTakesOver };
    const file = new Blob(['bytes that nobody looks at'], { type: 'image/png' });
    expect(await failureOf(client.uploadImage(file))).toMatchObject({ code: 'person_changed' });
    expect([timesOf('startUpload'), timesOf('finishUpload')]).toEqual([1, 0]);
  });

  it('before the answer of a sign-out is heard, they stay signed in', async () => {
    meanwhile = { after: 'signOut', happens: () => client.signIn({ email: joon.email, password }) };
    await client.signOut();
    expect([session?.uid, (await client.getProfile()).profile.uid]).toEqual([joon.uid, joon.uid]);
  });
});

describe('When a person signs out', () => {
  it('in the pause before the next try, that try is not made', async () => {
    meanwhile = { after: 'createSong', happens: () => client.signOut() };
    relay.fates(503);
    expect(await failureOf(client.createSong({ prompt: 'for Mina' }))).toMatchObject({ code: 'bad_answer', status: 503 });
    expect([timesOf('createSong'), session]).toEqual([1, undefined]);
  });
});

describe('With tokens of the Firebase SDK', () => {
  it('a try with the token of somebody else is not made either', async () => {
    const { idToken } = (await createClient({ baseUrl: relay.url }).signIn({ email: joon.email, password })).session;
    const tokens = [session!.idToken, idToken];
    const bySdk = createClient({ baseUrl: relay.url, getIdToken: async () => tokens.shift() ?? idToken, retry: { firstPauseMs: 5 } });
    relay.fates(503);
    expect(await failureOf(bySdk.createSong({ prompt: 'for Mina' }))).toMatchObject({ status: 503 });
    expect(timesOf('createSong')).toBe(1);
  });

  it('a list that nobody began goes on without a token', async () => {
    await given.song({ owner: mina, visibility: 'public' });
    await given.song({ owner: mina, visibility: 'public' });
    let asked = 0;
    const laterMina = async () => (++asked === 1 ? null : session!.idToken);
    const visitor = createClient({ baseUrl: relay.url, getIdToken: laterMina });
    const seen: string[] = [];
    for await (const { songId } of visitor.listSongs.all({ scope: 'public', limit: 1 })) seen.push(songId);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(relay.calls.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });
});
