import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Client, createClient, SoriError } from '#shared/client';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { type Relay, startRelay } from './relay.ts';

let house: House;
let relay: Relay;
let client: Client;
let uid: string;

beforeAll(async () => {
  house = await openHouse();
  relay = await startRelay(house.service.url);
});

beforeEach(async () => {
  client = createClient({ baseUrl: relay.url, retry: { firstPauseMs: 5, mostPauseMs: 20 } });
  relay.fates();
  const email = `${randomBytes(6).toString('hex')}@sori.example`;
  ({ uid } = (await client.signUp({ email, password: 'a long password', displayName: 'Mina' })).profile);
  await given.credits({ owner: uid });
});

afterAll(async () => {
  await relay.close();
  await house.close();
});

const keys = () => new Set(relay.calls.map(({ headers }) => headers['idempotency-key']));

describe('A call that may be repeated', () => {
  it('makes one generation, however often its answer is lost', async () => {
    relay.fates('cut', 'cut', 'pass');
    const { generation } = await client.createSong({ prompt: 'one song only' });
    expect([relay.calls.length, keys().size]).toEqual([3, 1]);
    const { items } = await client.listGenerations();
    expect(items.map(({ generationId }) => generationId)).toEqual([generation.generationId]);
  });

  it('is another request when the app asks again, and the same under a key of its own', async () => {
    const again = async (idempotencyKey?: string) => (await client.createSong({ prompt: 'a song' }, { idempotencyKey })).generation;
    const made = [await again(), await again(), await again('from-the-outbox-1'), await again('from-the-outbox-1')];
    expect(new Set(made.map(({ generationId }) => generationId)).size).toBe(3);
  });

  it.each([503, 429, 502, 504, 408])('is tried again after %i, when the answer says so', async (status) => {
    relay.fates(status, 'pass');
    expect((await client.getProfile()).profile.uid).toBe(uid);
    expect(relay.calls.length).toBe(2);
  });

  it('is tried again when it is a POST that only reads', async () => {
    relay.fates('cut', 'pass');
    await expect(client.listUsers({ query: 'mina' })).rejects.toMatchObject({ code: 'role_required' });
    expect(relay.calls.length).toBe(2);
  });

  it('is tried again when the connection breaks', async () => {
    relay.fates('refuse', 'refuse', 'pass');
    expect((await client.listSongs({ scope: 'mine' })).items).toEqual([]);
  });

  it('is given up after so many tries, with the error of the last', async () => {
    relay.fates('refuse', 'refuse', 'refuse', 503, 'pass');
    await expect(client.getProfile()).rejects.toMatchObject({ code: 'bad_answer', status: 503 });
    expect(relay.calls.length).toBe(4);
  });

  it.each([400, 404, 500])('is not tried again after %i', async (status) => {
    relay.fates(status);
    await expect(client.getProfile()).rejects.toMatchObject({ status });
    expect(relay.calls.length).toBe(1);
  });

  it('does not wait for what lies beyond its time', async () => {
    const far: typeof fetch = () => Promise.resolve(new Response('', { status: 429, headers: { 'Retry-After': '3600' } }));
    const hasty = createClient({ baseUrl: relay.url, fetch: far });
    await expect(hasty.getStatus()).rejects.toMatchObject({ status: 429, retryAfterS: 3600 });
  });
});

describe('A call that may not be repeated', () => {
  it.each(['refuse', 'cut', 503, 429] as const)('is sent once, when its fate is %s', async (fate) => {
    const { songId } = await given.song({ owner: uid });
    relay.fates(fate);
    await expect(client.deleteSong({ songId })).rejects.toThrow(SoriError);
    expect(relay.calls.map(({ name }) => name)).toEqual(['deleteSong']);
  });
});

describe('A call', () => {
  it('ends with its time, when nothing is answered', async () => {
    relay.fates('hang');
    await expect(client.getProfile({}, { timeLimitMs: 100 })).rejects.toMatchObject({ code: 'no_answer', status: 0 });
  });

  it('ends with the signal of the app, for its reason, and at once', async () => {
    relay.fates('hang');
    const leaving = new AbortController();
    const call = client.getProfile({}, { signal: leaving.signal });
    setTimeout(() => leaving.abort('left the page'), 50);
    await expect(call).rejects.toBe('left the page');
    await expect(client.getProfile({}, { signal: leaving.signal })).rejects.toBe('left the page');
    expect(relay.calls.length).toBe(1);
  });

  it('ends in the pause before the next try as well', async () => {
    const patient = createClient({ baseUrl: relay.url, retry: { firstPauseMs: 60_000, mostPauseMs: 60_000 } });
    relay.fates('refuse');
    const startedAtMs = performance.now();
    await expect(patient.getStatus({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });
});
