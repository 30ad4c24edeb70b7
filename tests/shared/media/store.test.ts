import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ListedObject, MediaStore, StagedObject } from '#shared/media';
import { type OpenStore, openGcsStore, openHybridStore, openLocalStore, readAll, someBytes } from './someStores.ts';

const AUDIO = 'audio/mpeg';

describe.each([
  ['a directory', openLocalStore],
  ['a bucket', openGcsStore],
  ['a directory and a bucket together', openHybridStore],
])('In %s', (_kind, openStore: () => Promise<OpenStore>) => {
  let opened: OpenStore;
  let store: MediaStore;
  beforeAll(async () => {
    opened = await openStore();
    store = opened.store;
  });
  afterAll(() => opened.close());

  function stage(bytes: number, options: { seed?: number; maxBytes?: number; stagingName?: string } = {}): Promise<StagedObject> {
    const { seed, maxBytes = 50_000_000, stagingName = `staging/${randomUUID()}` } = options;
    return store.stage(someBytes(bytes, seed), { stagingName, contentType: AUDIO, maxBytes });
  }
  async function published(bytes: number, folder: string = randomUUID()) {
    const staged = await stage(bytes);
    return store.publish(staged, `songs/${folder}/${staged.sha256}.mp3`);
  }
  async function listed(prefix: string, after?: string): Promise<ListedObject[]> {
    const found: ListedObject[] = [];
    for await (const object of store.list(prefix, after)) found.push(object);
    return found;
  }

  it.each([0, 1, 65_536, 2 * 1024 * 1024, 5_000_001])('%d bytes come back as they went in', async (bytes) => {
    const whole = await readAll(someBytes(bytes));
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const staged = await stage(bytes);
    expect(staged).toMatchObject({ bytes, sha256, contentType: AUDIO });
    const name = `songs/${randomUUID()}/${sha256}.mp3`;
    expect(await store.publish(staged, name)).toEqual({ storeId: staged.storeId, name, bytes, sha256, contentType: AUDIO });
    const { body, ...about } = await store.open(name);
    expect(about).toEqual({ bytes, contentType: AUDIO });
    expect((await readAll(body)).equals(whole)).toBe(true);
    expect(await store.find(name)).toEqual({ storeId: staged.storeId, name, bytes, sha256, contentType: AUDIO });
  });

  it('a part of an object can be read, and the whole size is told', async () => {
    const { name } = await published(200_000);
    const whole = await readAll(someBytes(200_000));
    const { body, bytes } = await store.open(name, { start: 65_530, end: 65_545 });
    expect({ bytes, part: await readAll(body) }).toEqual({ bytes: 200_000, part: whole.subarray(65_530, 65_546) });
  });

  it('a part that lies outside tells that the object is damaged', async () => {
    const { name } = await published(10);
    await expect(store.open(name, { start: 10, end: 12 })).rejects.toMatchObject({ name: 'MediaFault', kind: 'damaged' });
  });

  it('staged bytes are no object, and are gone once they are published', async () => {
    const staged = await stage(10);
    await expect(store.open(`songs/x/${staged.sha256}.mp3`)).rejects.toMatchObject({ kind: 'missing' });
    await store.publish(staged, `songs/${randomUUID()}/${staged.sha256}.mp3`);
    expect(await listed(staged.stagingName)).toEqual([]);
  });

  it('publishing again the same bytes is a success: from the same staging, a new one, and three at once', async () => {
    const staged = await stage(70_000);
    const name = `songs/${randomUUID()}/${staged.sha256}.mp3`;
    const first = await store.publish(staged, name);
    expect(await store.publish(staged, name)).toEqual(first);
    const others = await Promise.all([stage(70_000), stage(70_000), stage(70_000)]);
    expect(await Promise.all(others.map((other) => store.publish(other, name)))).toEqual([first, first, first]);
    expect(await listed('songs/')).toContainEqual(expect.objectContaining({ name, bytes: 70_000 }));
  });

  it('other bytes never replace what is published', async () => {
    const { name } = await published(1000);
    const other = await stage(1000, { seed: 2 });
    await expect(store.publish(other, name)).rejects.toMatchObject({ kind: 'damaged' });
    expect(await readAll((await store.open(name)).body)).toEqual(await readAll(someBytes(1000)));
  });

  it('what was never staged cannot be published', async () => {
    const staged = await stage(10);
    await store.discard(staged);
    await expect(store.publish(staged, 'songs/a/b.mp3')).rejects.toMatchObject({ kind: 'missing' });
    expect(await store.find('songs/a/b.mp3')).toBeUndefined();
  });

  it('a second attempt of the same staging name replaces the first', async () => {
    const stagingName = `staging/${randomUUID()}`;
    await stage(1000, { stagingName });
    const second = await stage(500, { stagingName, seed: 2 });
    const { name } = await store.publish(second, `songs/${randomUUID()}/${second.sha256}.mp3`);
    expect(await readAll((await store.open(name)).body)).toEqual(await readAll(someBytes(500, 2)));
  });

  it('too many bytes are refused at the first one over the bound, and nothing is left', async () => {
    const stagingName = `staging/${randomUUID()}`;
    await expect(stage(3_000_001, { maxBytes: 3_000_000, stagingName })).rejects.toMatchObject({ kind: 'too_large' });
    expect(await listed(stagingName)).toEqual([]);
    await expect(stage(3_000_000, { maxBytes: 3_000_000, stagingName })).resolves.toMatchObject({ bytes: 3_000_000 });
  });

  it('a source that breaks is told as it is, and nothing is left', async () => {
    const stagingName = `staging/${randomUUID()}`;
    const broken = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
    async function* source() {
      yield* someBytes(3_000_000);
      throw broken;
    }
    await expect(store.stage(source(), { stagingName, contentType: AUDIO, maxBytes: 1e9 })).rejects.toBe(broken);
    expect(await listed(stagingName)).toEqual([]);
  });

  it('a signal ends a write at once, even while its source is silent', async () => {
    const stagingName = `staging/${randomUUID()}`;
    const stop = new AbortController();
    async function* source() {
      yield* someBytes(3_000_000);
      setTimeout(() => stop.abort(new Error('lease lost')), 20);
      await new Promise(() => undefined);
    }
    const options = { stagingName, contentType: AUDIO, maxBytes: 1e9, signal: stop.signal };
    await expect(store.stage(source(), options)).rejects.toThrow('lease lost');
    expect(await listed(stagingName)).toEqual([]);
  });

  it('what is deleted is gone, and deleting it again succeeds', async () => {
    const { name } = await published(10);
    await store.delete(name);
    await store.delete(name);
    expect(await store.find(name)).toBeUndefined();
    await expect(store.open(name)).rejects.toMatchObject({ name: 'MediaFault', kind: 'missing' });
    await expect(store.discard('staging/never-there')).resolves.toBeUndefined();
  });

  it('objects are listed by the start of their names, in order, with size and time', async () => {
    const folder = randomUUID();
    const before = Date.now();
    const made = [await published(10, `${folder}b`), await published(11, `${folder}a/deep`), await published(12, folder)];
    const found = await listed(`songs/${folder}`);
    const expected = made.map(({ name, bytes }) => ({ name, bytes })).sort((one, two) => (one.name < two.name ? -1 : 1));
    expect(found.map(({ name, bytes }) => ({ name, bytes }))).toEqual(expected);
    for (const { createdAt } of found) expect(Math.abs(createdAt.getTime() - before)).toBeLessThan(10_000);
    expect(await listed('nothing/here')).toEqual([]);
    for (const [at, { name }] of expected.entries()) {
      const namesAfter = (await listed(`songs/${folder}`, name)).map((object) => object.name);
      expect(namesAfter).toEqual(expected.slice(at + 1).map((object) => object.name));
    }
  });

  it.each(['../outside', 'songs/../../outside', '/etc/passwd', 'songs//x', 'songs/.hidden', 'a\u0000b', '', 'x'.repeat(200)])(
    'the name %j leads nowhere',
    async (name) => {
      await expect(store.open(name)).rejects.toMatchObject({ kind: 'missing' });
      await expect(store.find(name)).rejects.toMatchObject({ kind: 'missing' });
      await expect(stage(1, { stagingName: name })).rejects.toMatchObject({ kind: 'missing' });
    },
  );

  it('a reader that goes away in the middle disturbs no other reader', async () => {
    const { name } = await published(5_000_000);
    const leaving = await store.open(name);
    const staying = await store.open(name);
    const staysToTheEnd = readAll(staying.body);
    for await (const _chunk of leaving.body) break; // destroys the stream
    expect((await staysToTheEnd).length).toBe(5_000_000);
    expect(leaving.body.destroyed).toBe(true);
  });

  it('a reader that goes away before it has read anything does no harm', async () => {
    const { name } = await published(5_000_000);
    const { body } = await store.open(name);
    body.destroy();
    await new Promise((resolve) => body.once('close', resolve));
    await new Promise(setImmediate);
    expect(await store.find(name)).toMatchObject({ bytes: 5_000_000 });
  });
});
