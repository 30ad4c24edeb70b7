import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, createClient, SoriError } from '#shared/client';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

let house: House;
let client: Client;
let uid: string;

beforeAll(async () => {
  house = await openHouse();
  client = createClient({ baseUrl: `${house.service.url}/` });
  ({ uid } = (await client.signUp(person())).profile);
});

afterAll(() => house.close());

function person() {
  return { email: `${randomBytes(6).toString('hex')}@sori.example`, password: 'a long password', displayName: 'Mina' };
}

async function failureOf(call: Promise<unknown>): Promise<SoriError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof SoriError)) throw new Error(`not a SoriError: ${String(failure)}`);
  return failure;
}

describe('A client', () => {
  it('gets a file as fetch gives it, and tells where a player finds it', async () => {
    const { songId, title } = await given.song({ owner: uid, visibility: 'unlisted' });
    const answer = await client.streamSong({ songId, download: true });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 1000]);
    expect(title).toBe('Paper boats');
    const address = client.streamSong.url({ songId, download: undefined });
    expect(address).toBe(`${house.service.url}/streamSong?songId=${songId}`);
    expect((await fetch(address)).status).toBe(200);
  });

  it('walks through all pages of a list, each thing once, with the page size that is asked for', async () => {
    const owner = createClient({ baseUrl: house.service.url });
    const { profile } = await owner.signUp(person());
    const songs = await Promise.all(Array.from({ length: 5 }, () => given.song({ owner: profile.uid })));
    const met: string[] = [];
    for await (const { songId } of owner.listSongs.all({ scope: 'mine', limit: 2 })) met.push(songId);
    expect(met.toSorted()).toEqual(songs.map(({ songId }) => songId).toSorted());
    const page = await owner.listSongs({ scope: 'mine', limit: 2 });
    expect([page.items.length, typeof page.nextCursor]).toEqual([2, 'string']);
  });

  it('asks for no page that nobody reads', async () => {
    let asked = 0;
    const counting: typeof fetch = (...request) => {
      asked += 1;
      return fetch(...request);
    };
    const reader = createClient({ baseUrl: house.service.url, fetch: counting });
    await reader.signUp(person());
    const before = asked;
    for await (const _song of reader.listSongs.all({ scope: 'public', limit: 1 })) break;
    expect(asked - before).toBe(1);
  });

  it('reads what is public without being signed in', async () => {
    const { songId } = await given.song({ owner: uid, visibility: 'public' });
    const visitor = createClient({ baseUrl: house.service.url });
    expect((await visitor.getSong({ songId })).song.songId).toBe(songId);
    expect(await visitor.checkHealth()).toEqual({ status: 'ok' });
    expect((await failureOf(visitor.getProfile())).code).toBe('unauthenticated');
  });
});

describe('A refusal', () => {
  it('is a SoriError with everything that the service says', async () => {
    const failure = await failureOf(client.createSong({ prompt: '', title: 'x'.repeat(81) }));
    expect(failure).toMatchObject({ name: 'SoriError', code: 'invalid_input', status: 400, title: 'Invalid input', params: {} });
    expect(failure.message).toBe('2 fields are not valid; see issues.');
    expect(failure.issues.map(({ path }) => path)).toEqual(['prompt', 'title']);
    expect(failure.requestId).toMatch(/^req_/);
  });

  it('brings the fields of its own kind', async () => {
    const poor = createClient({ baseUrl: house.service.url });
    await poor.signUp(person());
    const failures: unknown[] = [];
    for (let asked = 0; asked < 20 && failures.length === 0; asked += 1) {
      await poor.createSong({ prompt: 'one more' }, { timeLimitMs: 5_000 }).catch((error: unknown) => failures.push(error));
    }
    expect(failures).toEqual([expect.objectContaining({ code: 'daily_songs_reached', status: 429 })]);
    const [{ params, retryAfterS }] = failures as [SoriError];
    expect([typeof params['limit'], typeof params['resetsAt'], typeof retryAfterS]).toEqual(['number', 'string', 'number']);
  });

  it('of what is not the service says so, and does not pass its page on', async () => {
    const elsewhere = createClient({ baseUrl: house.service.url.replace('/v1', ''), retry: { tries: 1 } });
    expect(await failureOf(elsewhere.getStatus())).toMatchObject({ code: 'unknown_function', status: 404 });
    const page: typeof fetch = () => Promise.resolve(new Response('<p>Log in to the hotel’s network</p>', { status: 200 }));
    const caught = createClient({ baseUrl: house.service.url, fetch: page });
    expect(await failureOf(caught.getStatus())).toMatchObject({ code: 'bad_answer', status: 200 });
  });
});
