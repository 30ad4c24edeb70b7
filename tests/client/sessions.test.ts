import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Client, createClient, type KeptSession } from '#shared/client';
import { alteredToken } from '../support/callers.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { type Relay, startRelay } from './relay.ts';

let house: House;
let relay: Relay;
let told: (KeptSession | undefined)[];
let client: Client;
let session: KeptSession;
const password = 'a long password';

beforeAll(async () => {
  house = await openHouse();
  relay = await startRelay(house.service.url);
});

afterAll(async () => {
  await relay.close();
  await house.close();
});

beforeEach(async () => {
  told = [];
  client = createClient({ baseUrl: relay.url, onSession: (next) => told.push(next) });
  const email = `${randomBytes(6).toString('hex')}@sori.example`;
  await client.signUp({ email, password, displayName: 'Mina' });
  session = told.at(-1)!;
  relay.fates();
});

const names = () => relay.calls.map(({ name }) => name);
const longAgo = new Date(Date.now() - 60_000).toISOString();
const nowS = Math.floor(Date.now() / 1000);

/** As the app has it after a night: the ID token is over. */
function overnight({ idToken }: KeptSession): KeptSession {
  return { ...session, idToken: alteredToken({ token: idToken }, { iat: nowS - 7200, exp: nowS - 3600 }), expiresAt: longAgo };
}

function resumed(from: KeptSession | undefined): Client {
  return createClient({ baseUrl: relay.url, session: from, onSession: (next) => told.push(next) });
}

async function uidOf(by: Client): Promise<string> {
  return (await by.getProfile()).profile.uid;
}

describe('A session', () => {
  it('is told to the app when it begins, and goes on from where the app has stored it', async () => {
    expect(told).toEqual([expect.objectContaining({ uid: session.uid, expiresInS: 3600 })]);
    expect(Math.abs(Date.parse(session.expiresAt) - Date.now() - 3_600_000)).toBeLessThan(30_000);
    expect(await uidOf(resumed(JSON.parse(JSON.stringify(session))))).toBe(session.uid);
  });

  it('is refreshed before its token ends, once for all calls under way', async () => {
    const morning = resumed(overnight(session));
    expect(await Promise.all(Array.from({ length: 5 }, () => uidOf(morning)))).toEqual(Array(5).fill(session.uid));
    expect(names().filter((name) => name === 'refreshSession').length).toBe(1);
    expect(told.length).toBe(2);
  });

  it('is refreshed, once for all calls, when the service refuses its token, and each call is sent again', async () => {
    const surprised = resumed({ ...overnight(session), expiresAt: session.expiresAt });
    expect(await Promise.all(Array.from({ length: 3 }, () => uidOf(surprised)))).toEqual(Array(3).fill(session.uid));
    expect(names().filter((name) => name === 'refreshSession').length).toBe(1);
    expect(names().filter((name) => name === 'getProfile').length).toBe(6);
  });

  it('goes on with the token it has, while that holds and no other can be had', async () => {
    const soon = resumed({ ...session, expiresAt: new Date(Date.now() + 60_000).toISOString() });
    relay.fates('refuse', 'pass');
    expect(await uidOf(soon)).toBe(session.uid);
    expect(names()).toEqual(['refreshSession', 'getProfile']);
  });

  it('ends for the app too when it has ended for the service', async () => {
    await client.signOut();
    expect(told.at(-1)).toBeUndefined();
    const other = resumed(overnight(session));
    await expect(uidOf(other)).rejects.toMatchObject({ code: 'session_ended', status: 401 });
    expect(told.length).toBe(3);
    await expect(uidOf(other)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('refreshes for whoever asked, though another person signs in meanwhile', async () => {
    let joonIsIn = () => {};
    const signedIn = new Promise<void>((resolve) => {
      joonIsIn = resolve;
    });
    const slow: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      if (String(request[0]).includes('refreshSession')) await signedIn;
      return answer;
    };
    const shared = createClient({ baseUrl: relay.url, session: overnight(session), fetch: slow, onSession: (next) => told.push(next) });
    const begun = uidOf(shared);
    const email = `${randomBytes(6).toString('hex')}@sori.example`;
    const joon = await shared.signUp({ email, password, displayName: 'Joon' });
    joonIsIn();
    expect(await begun).toBe(session.uid);
    expect([told.at(-1)?.uid, await uidOf(shared)]).toEqual([joon.session.uid, joon.session.uid]);
  });

  it('never lends its name to a call that another person began', async () => {
    let joonIsIn = () => {};
    const signedIn = new Promise<void>((resolve) => {
      joonIsIn = resolve;
    });
    const late: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      if (String(request[0]).includes('createSong')) await signedIn; // refused long ago, but heard of only now
      return answer;
    };
    const shared = createClient({ baseUrl: relay.url, session: { ...overnight(session), expiresAt: session.expiresAt }, fetch: late });
    const begun = shared.createSong({ prompt: 'for Mina' }).catch((error: unknown) => error);
    await shared.signUp({ email: `${randomBytes(6).toString('hex')}@sori.example`, password, displayName: 'Joon' });
    joonIsIn();
    expect(await begun).toMatchObject({ status: 401 });
    expect(names().filter((name) => name === 'createSong').length).toBe(1);
  });
});

describe('A token of the Firebase SDK', () => {
  it('is asked for at each call, and by force once for all when the service refuses it', async () => {
    const asked: boolean[] = [];
    let token = overnight(session).idToken;
    const renew = async (isForced: boolean) => {
      asked.push(isForced);
      if (isForced) token = await Promise.resolve(session.idToken);
      return token;
    };
    const byTheSdk = createClient({ baseUrl: relay.url, getIdToken: renew });
    expect(await Promise.all([uidOf(byTheSdk), uidOf(byTheSdk)])).toEqual([session.uid, session.uid]);
    expect(asked.filter(Boolean).length).toBe(1);
    expect(names()).not.toContain('refreshSession');
  });

  it('of somebody else, who has signed in meanwhile, does not repeat the call', async () => {
    const other = createClient({ baseUrl: relay.url });
    const email = `${randomBytes(6).toString('hex')}@sori.example`;
    const { idToken } = (await other.signUp({ email, password, displayName: 'Joon' })).session;
    relay.fates();
    const tokens = [overnight(session).idToken, idToken];
    const switching = createClient({ baseUrl: relay.url, getIdToken: () => Promise.resolve(tokens.shift() ?? idToken) });
    await expect(switching.createSong({ prompt: 'for Mina' })).rejects.toMatchObject({ status: 401 });
    expect(names()).toEqual(['createSong']);
  });

  it('does not go along where it could only be refused', async () => {
    const stale = createClient({ baseUrl: relay.url, getIdToken: () => Promise.resolve('not a token') });
    expect((await stale.getStatus()).phase).toBe(2);
    expect(relay.calls[0]!.headers.authorization).toBeUndefined();
  });

  it('may be missing: nobody is signed in', async () => {
    const visitor = createClient({ baseUrl: relay.url, getIdToken: () => Promise.resolve(null) });
    expect((await visitor.listSongs({ scope: 'public' })).items).toEqual([]);
  });
});
