import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { cancelGeneration } from '../../../functions/songs/cancelGeneration.ts';
import { retryGeneration } from '../../../functions/songs/retryGeneration.ts';
import { type Listener, newListener } from '../../shared/generation/listener.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
});

beforeEach(async () => {
  mina = await newListener(studio);
});

afterAll(() => studio.close());

function retry(generationId: string, { by = mina, key }: { by?: Listener; key?: string } = {}) {
  const headers: Record<string, string> = key ? { 'idempotency-key': key } : {};
  return studio.service.call(retryGeneration, { generationId }, { token: by.token, headers });
}

async function cancelled(): Promise<string> {
  const generationId = await mina.ask({ prompt: 'paper boats', style: 'folk', lyrics: '[Verse]\nRow', visibility: 'unlisted' });
  await studio.service.call(cancelGeneration, { generationId }, { token: mina.token });
  return generationId;
}

async function failed(): Promise<string> {
  const prompt = 'paper planes in the rain';
  studio.sandbox.faults.add({ name: 'failBoth', match: prompt, times: 1 }); // others may still be waiting to be ordered
  const generationId = await mina.ask({ prompt });
  const isFailed = async () => (await mina.generation(generationId)).state === 'failed';
  await studio.workUntil(isFailed);
  return generationId;
}

async function ready(): Promise<string> {
  const generationId = await mina.ask();
  await studio.workUntil(async () => (await mina.generation(generationId)).state === 'ready');
  return generationId;
}

async function requestCount(): Promise<number> {
  const db = await database();
  return (await db.collection('generations').where('ownerId', '==', mina.uid).count().get()).data().count;
}

describe('retrying what was not made', () => {
  it('asks again for the same, linked to the old one, for a credit of its own', async () => {
    const old = await cancelled();
    const { status, body } = await retry(old);
    const { generation } = body;
    const { request } = await mina.generation(old);
    expect({ status, generation }).toEqual({
      status: 202,
      generation: {
        generationId: expect.stringMatching(/^gen_/),
        ownerId: mina.uid,
        retryOf: old,
        state: 'queued',
        request,
        songs: [],
        failure: null,
        credits: { reserved: 1, settled: 0, released: 0 },
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
    expect(await mina.generation(generation.generationId)).toEqual(generation);
    expect(await mina.creditEvents(generation.generationId)).toEqual(['reserve']);
    expect(await mina.creditEvents(old)).toEqual(['release', 'reserve']);
    const { balance, sum } = await mina.credits();
    expect(balance).toBe(sum);
  });

  it('makes what had failed', async () => {
    const old = await failed();
    const { generationId } = (await retry(old)).body.generation;
    await studio.workUntil(async () => (await mina.generation(generationId)).state === 'ready');
    expect((await mina.songs(generationId)).map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect((await mina.generation(old)).state).toBe('failed');
  });

  it.each<[string, () => Promise<string>]>([
    ['is still being made', () => mina.ask()],
    ['is ready', ready],
  ])('is refused while it %s, and costs nothing', async (_name, make) => {
    const id = await make();
    const { balance } = await mina.credits();
    const { problem } = await retry(id);
    expect(problem).toMatchObject({ status: 409, code: 'generation_not_failed' });
    expect([(await mina.credits()).balance, await requestCount()]).toEqual([balance, 1]);
  });

  it('is for its owner alone', async () => {
    const old = await cancelled();
    expect((await retry(old, { by: await newListener(studio) })).problem).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('is refused when the day’s songs are used up', async () => {
    const old = await cancelled();
    const db = await database();
    await db.doc(`quotas/${mina.uid}`).update({ balance: 0 });
    expect((await retry(old)).problem).toMatchObject({ status: 429, code: 'daily_songs_reached' });
  });
});

describe('retrying twice', () => {
  it('at once, without a key, is one request and one credit', async () => {
    const old = await cancelled();
    const { balance } = await mina.credits();
    const answers = await Promise.all(Array.from({ length: 4 }, () => retry(old)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.generation.generationId)).size).toBe(1);
    expect([(await mina.credits()).balance, await requestCount()]).toEqual([balance - 1, 2]);
  });

  it('with two keys, while the first is being made, is one request, and each key stands for it', async () => {
    const old = await cancelled();
    const keys = [randomUUID(), randomUUID()];
    const first = await retry(old, { key: keys[0]! });
    const second = await retry(old, { key: keys[1]! });
    const again = await retry(old, { key: keys[1]! });
    expect([second, again].map(({ body }) => body.generation.generationId)).toEqual(Array(2).fill(first.body.generation.generationId));
    expect([second, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
  });

  it('is another request when the first retry has ended', async () => {
    const old = await cancelled();
    const { generationId } = (await retry(old)).body.generation;
    await studio.service.call(cancelGeneration, { generationId }, { token: mina.token });
    const next = (await retry(old)).body.generation;
    expect([next.generationId === generationId, next.retryOf]).toEqual([false, old]);
    const ofRetry = (await retry(generationId)).body.generation;
    expect(ofRetry.retryOf).toBe(generationId);
    expect(await requestCount()).toBe(4);
  });
});
