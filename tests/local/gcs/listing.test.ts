import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUCKET, refusalOf, type StorageCloud, startStorageCloud } from './storageCloud.ts';

const NAMES = ['covers/1.jpg', 'root.txt', 'songs/a/1.mp3', 'songs/a/2.mp3', 'songs/b/1.mp3', 'songs/c.mp3', 'songs/\u{ff5e}', 'songs/🎵'];

let cloud: StorageCloud;

beforeAll(async () => {
  cloud = await startStorageCloud();
  for (const name of NAMES.toReversed()) await cloud.bucket.file(name).save(name, { resumable: false });
});

afterAll(() => cloud.close());

interface Page {
  names: string[];
  prefixes: string[] | undefined;
  next: string | undefined;
}

async function page(query: Record<string, string | number>): Promise<Page> {
  const [files, , answer] = await cloud.bucket.getFiles({ autoPaginate: false, ...query });
  const { prefixes, nextPageToken } = answer as { prefixes?: string[]; nextPageToken?: string };
  return { names: files.map(({ name }) => name), prefixes, next: nextPageToken };
}

describe('Listings of the local GCS', () => {
  it('are in the order of the names’ UTF-8 bytes', async () => {
    expect((await page({})).names).toEqual(NAMES);
  });

  it('keep to a prefix, and to an offset', async () => {
    expect((await page({ prefix: 'songs/a' })).names).toEqual(['songs/a/1.mp3', 'songs/a/2.mp3']);
    expect((await page({ startOffset: 'songs/a/2', endOffset: 'songs/c' })).names).toEqual(['songs/a/2.mp3', 'songs/b/1.mp3']);
    expect((await page({ prefix: 'nothing' })).names).toEqual([]);
  });

  it('gather what stands behind a delimiter', async () => {
    expect(await page({ delimiter: '/' })).toEqual({ names: ['root.txt'], prefixes: ['covers/', 'songs/'], next: undefined });
    expect(await page({ prefix: 'songs/', delimiter: '/' })).toEqual({
      names: ['songs/c.mp3', 'songs/\u{ff5e}', 'songs/🎵'],
      prefixes: ['songs/a/', 'songs/b/'],
      next: undefined,
    });
  });

  it('come page by page, each object once', async () => {
    const names: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const part: Page = await page({ maxResults: 3, pageToken: next });
      expect(part.names.length).toBeLessThanOrEqual(3);
      names.push(...part.names);
      next = part.next;
    }
    expect(names).toEqual(NAMES);

    const first = await page({ delimiter: '/', maxResults: 2 });
    expect(first).toEqual({ names: ['root.txt'], prefixes: ['covers/'], next: expect.any(String) });
    expect(await page({ delimiter: '/', maxResults: 2, pageToken: first.next ?? '' })).toEqual({
      names: [],
      prefixes: ['songs/'],
      next: undefined,
    });
  });
});

describe('Buckets of the local GCS', () => {
  it('are made, found, listed and changed', async () => {
    const { storage } = cloud.bucket;
    await storage.createBucket('another-bucket', { labels: { use: 'test' } });
    expect((await storage.getBuckets())[0].map(({ name }) => name)).toEqual(['another-bucket', BUCKET]);
    const another = storage.bucket('another-bucket');
    const cors = [{ origin: ['https://sori.example'], method: ['GET'], responseHeader: ['ETag'], maxAgeSeconds: 60 }];
    await another.setCorsConfiguration(cors);
    await another.setMetadata({ lifecycle: { rule: [] } });
    expect((await another.getMetadata())[0]).toMatchObject({ cors, labels: { use: 'test' }, lifecycle: { rule: [] }, metageneration: '3' });
    await cloud.restart();
    expect((await cloud.bucket.storage.bucket('another-bucket').getMetadata())[0]).toMatchObject({ cors });
  });

  it('have names of their own, which GCS allows', async () => {
    const { storage } = cloud.bucket;
    expect((await refusalOf(storage.createBucket(BUCKET))).code).toBe(409);
    expect((await refusalOf(storage.createBucket('..'))).code).toBe(400);
    expect(await storage.bucket('no-such-bucket').exists()).toEqual([false]);
    expect(await refusalOf(storage.bucket('no-such-bucket').file('x').save('x', { resumable: false }))).toEqual({
      code: 404,
      message: 'The specified bucket does not exist.',
    });
  });
});
