import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'content-disposition';
import type { MediaStore, StoredObject } from '#shared/media';
import { atFirst, type FaultyProxy, openFaultyProxy } from './faultyProxy.ts';
import { BUCKET, type OpenGcs, openGcsStore, readAll, someBytes } from './someStores.ts';

let gcs: OpenGcs;
let proxy: FaultyProxy;
let store: MediaStore;

beforeAll(async () => {
  gcs = await openGcsStore();
  proxy = await openFaultyProxy(gcs.url);
  store = gcs.anotherStore({ apiEndpoint: proxy.url });
});
afterEach(() => {
  proxy.decide = () => undefined;
});
afterAll(async () => {
  await proxy.close();
  await gcs.close();
});

let count = 0;
async function publish(bytes = 5_000_000): Promise<StoredObject> {
  count += 1;
  const staged = await store.stage(someBytes(bytes, count), {
    stagingName: `staging/${count}`,
    contentType: 'audio/mpeg',
    maxBytes: bytes,
  });
  return store.publish(staged, `songs/${count}/${staged.sha256}.mp3`);
}

async function listFirst(of: MediaStore): Promise<unknown> {
  for await (const object of of.list('')) return object;
  return undefined;
}

describe('A storage that fails for a moment is not noticed', () => {
  it.each([
    ['looking for a leftover', /^GET/, 503 as const],
    ['beginning an upload', /^POST .*uploadType=resumable/, 503 as const],
    ['sending a piece', /^PUT/, 500 as const],
    ['publishing', /rewriteTo/, 429 as const],
    ['removing what was staged', /^DELETE/, 503 as const],
    ['the answer to the beginning of an upload', /^POST .*uploadType=resumable/, 'lose' as const],
    ['the answer to a piece', /^PUT/, 'lose' as const],
    ['the answer to publishing', /rewriteTo/, 'lose' as const],
    ['the answer to removing', /^DELETE/, 'lose' as const],
  ])('while %s', async (_name, pattern, fault) => {
    proxy.decide = atFirst(2, pattern, fault);
    const { name, bytes } = await publish();
    proxy.decide = atFirst(2, /alt=media/, 503);
    expect((await readAll((await store.open(name)).body)).equals(await readAll(someBytes(bytes, count)))).toBe(true);
    expect(proxy.seen.length).toBeGreaterThan(0);
  });

  it('while the last piece of a large object is sent, whose answer is lost', async () => {
    proxy.decide = atFirst(1, /^PUT/, 'lose');
    const { name, bytes } = await publish(1_000_000);
    expect(await store.find(name)).toMatchObject({ bytes });
  });
});

describe('A storage that fails for longer', () => {
  it('is asked three times, then it is unavailable', async () => {
    const { name } = await publish(10);
    proxy.decide = () => 503;
    proxy.seen.length = 0;
    await expect(store.open(name)).rejects.toMatchObject({ name: 'MediaFault', kind: 'unavailable' });
    expect(proxy.seen.length).toBe(3);
    for (const call of [store.find(name), store.delete(name), publish(10)])
      await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('and hangs is left after the time limit', async () => {
    const { name } = await publish(10);
    proxy.decide = () => 'hang';
    const impatient = gcs.anotherStore({ apiEndpoint: proxy.url, limits: { tryMs: 40, totalMs: 60 } });
    const calls = [impatient.open(name), impatient.find(name), impatient.delete(name)];
    for (const call of await Promise.allSettled(calls)) expect(call).toMatchObject({ reason: { kind: 'unavailable' } });
  });

  it.each([401, 403])('with %d is forbidden', async (status) => {
    proxy.decide = () => status;
    await expect(store.open('songs/1/x.mp3')).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(store.find('songs/1/x.mp3')).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('because its bucket is gone is unavailable, and never says that an object is missing', async () => {
    const other = gcs.anotherStore({ bucketName: 'demo-gone' });
    const calls = [other.open('a'), other.find('a'), other.delete('a'), listFirst(other)];
    for (const call of await Promise.allSettled(calls)) expect(call).toMatchObject({ reason: { name: 'MediaFault', kind: 'unavailable' } });
    const options = { stagingName: 'staging/a', contentType: 'audio/mpeg', maxBytes: 10 };
    await expect(other.stage(someBytes(10), options)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('in the middle of a download breaks the stream off', async () => {
    const { name } = await publish();
    const { body } = await store.open(name);
    await proxy.close();
    await expect(readAll(body)).rejects.toMatchObject({ kind: 'unavailable' });
    proxy = await openFaultyProxy(gcs.url);
    store = gcs.anotherStore({ apiEndpoint: proxy.url });
  });
});

it('Who no longer waits when an object is to be opened sends no request that nobody would end', async () => {
  const { name } = await publish(10);
  proxy.seen.length = 0;
  const gone = new Error('nobody waits');
  await expect(store.open(name, undefined, AbortSignal.abort(gone))).rejects.toBe(gone);
  expect(await readAll((await store.open(name)).body)).toHaveLength(10);
  expect(proxy.seen.filter((request) => request.includes('alt=media'))).toHaveLength(1);
});

describe('A signed URL', () => {
  const now = Math.floor(Date.now() / 3_600_000) * 3_600_000 + 60_000;

  it('gives the bytes to anyone, in parts too', async () => {
    const { name } = await publish(1000);
    const { url } = await gcs.store.signRead!(name, { now });
    const answer = await fetch(url, { headers: { range: 'bytes=2-5' } });
    expect(answer.status).toBe(206);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual((await readAll(someBytes(1000, count))).subarray(2, 6));
    expect((await fetch(url.replace(/.$/, (end) => (end === '0' ? '1' : '0')))).status).toBe(403);
  });

  it('is the same for all instances within an hour, another in the next, and lives 2 to 3 hours', async () => {
    const [one, other] = [gcs.anotherStore(), gcs.anotherStore()];
    const first = await one.signRead!('songs/a/b.mp3', { now });
    expect(await other.signRead!('songs/a/b.mp3', { now: now + 58 * 60_000 })).toEqual(first);
    expect((await one.signRead!('songs/a/b.mp3', { now: now + 3_600_000 })).url).not.toBe(first.url);
    expect(first.expiresAt.getTime() - now).toBe(3 * 3_600_000 - 60_000);
    const query = new URL(first.url).searchParams;
    expect(query.get('X-Goog-Expires')).toBe('10800');
    expect(new URL(first.url).pathname).toBe(`/${BUCKET}/songs/a/b.mp3`);
  });

  it('can name the file that a browser saves, in any script', async () => {
    const { name } = await publish(10);
    const { url } = await gcs.store.signRead!(name, { now, downloadName: '비 "오는" 밤.mp3' });
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(parse(answer.headers.get('content-disposition') ?? '')).toMatchObject({
      type: 'attachment',
      parameters: { filename: '비 "오는" 밤.mp3' },
    });
  });
});
