import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bucket } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BucketDirectory } from '../../../scripts/local/objectStore/bucketDirectory.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { accessToken, storageClient } from '../../support/storageClient.ts';
import { BUCKET, type StorageCloud, someBytes, startStorageCloud } from './storageCloud.ts';

const PROGRAM = join(import.meta.dirname, 'gcsProcess.ts');

let cloud: StorageCloud;

beforeAll(async () => {
  cloud = await startStorageCloud();
});

afterAll(() => cloud.close());

function objectFiles(): Promise<string[]> {
  return readdir(join(cloud.directory, 'gcs', 'buckets', BUCKET, 'objects'));
}

describe('The local GCS keeps what it has', () => {
  it('over a restart: contents, metadata and generations that go on growing', async () => {
    const file = cloud.bucket.file('노래/kept.mp3');
    await file.save('kept', { resumable: false, contentType: 'audio/mpeg' });
    const [before] = await file.getMetadata();
    await cloud.restart();
    const again = cloud.bucket.file('노래/kept.mp3');
    const address = { selfLink: expect.any(String), mediaLink: expect.any(String) };
    expect((await again.getMetadata())[0]).toEqual({ ...before, ...address });
    expect(String((await again.download())[0])).toBe('kept');
    await again.save('new', { resumable: false });
    expect(Number((await again.getMetadata())[0].generation)).toBeGreaterThan(Number(before.generation));
  });

  it('and not what it has no more: a replaced or deleted object leaves no file', async () => {
    const before = await objectFiles();
    const file = cloud.bucket.file('passing');
    for (const content of ['one', 'two']) await file.save(content, { resumable: false });
    await file.copy('passing too');
    expect(await objectFiles()).toHaveLength(before.length + 4); // a content and its metadata, twice
    await file.delete();
    expect(String((await cloud.bucket.file('passing too').download())[0])).toBe('two');
    await cloud.bucket.file('passing too').delete();
    expect((await objectFiles()).toSorted()).toEqual(before.toSorted());
  });

  it('while it is read: a reader gets the object that it began with', async () => {
    const [old, young] = [someBytes(8_000_000, 5), someBytes(8_000_000, 6)];
    const file = cloud.bucket.file('read while replaced');
    await file.save(old, { resumable: false });
    const [url] = await file.getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 });
    const answer = await fetch(url);
    await file.save(young, { resumable: false });
    expect(Buffer.from(await answer.arrayBuffer()).equals(old)).toBe(true);
    expect((await file.download())[0].equals(young)).toBe(true);
  });

  it('and no descriptor of a reader who left', async () => {
    await cloud.bucket.file('left').save(someBytes(8_000_000, 7), { resumable: false });
    const [url] = await cloud.bucket.file('left').getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 });
    const open = async () => (await readdir('/proc/self/fd')).length;
    const before = await open();
    for (let reader = 0; reader < 20; reader++) await readABit(url);
    await waitUntil('the descriptors are given back', async () => (await open()) <= before + 5, 5000);
  });
});

function readABit(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const reading = get(url, (answer) => answer.once('data', () => reading.destroy()).once('close', () => resolve()));
    reading.once('error', reject);
  });
}

interface Running {
  process: ChildProcess;
  bucket: Bucket;
}

async function start(directory: string): Promise<Running> {
  const program = spawn(process.execPath, [PROGRAM, directory], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = await once(program.stdout!, 'data');
  const { gcsUrl, tokenUrl } = JSON.parse(String(line)) as { gcsUrl: string; tokenUrl: string };
  await accessToken(tokenUrl, cloud.key);
  return { process: program, bucket: storageClient({ url: gcsUrl, tokenUrl, key: cloud.key }).bucket(BUCKET) };
}

async function kill({ process: program }: Running): Promise<void> {
  const ended = once(program, 'exit');
  program.kill('SIGKILL');
  await ended;
}

describe('The local GCS, killed in the middle of writing', () => {
  it('removes what a kill has left behind, at its next start', async () => {
    const uploads = join(cloud.directory, 'gcs', 'uploads');
    const before = await objectFiles();
    const objects = join(cloud.directory, 'gcs', 'buckets', BUCKET, 'objects');
    await writeFile(join(objects, `${'0'.repeat(64)}.1795432084215000`), 'a content that no object has');
    await writeFile(join(objects, `${'0'.repeat(64)}.json.aabbccddeeff.tmp`), '{"half');
    await writeFile(join(uploads, 'half-an-upload.part'), 'half');
    await cloud.restart();
    expect((await objectFiles()).toSorted()).toEqual(before.toSorted());
    expect(await readdir(uploads)).toEqual([]);
  });

  it('keeps the old object when the new content did not get into its place', async () => {
    const path = join(cloud.directory, 'one-bucket');
    const now = new Date(0).toISOString();
    const bucket = { name: 'one-bucket', metageneration: 1, createdAt: now, updatedAt: now, cors: [], settings: {} };
    const directory = await BucketDirectory.create(path, bucket);
    const content = { path: join(cloud.directory, 'content'), bytes: 3, crc32c: '', md5Hash: '' };
    const made = { metageneration: 1, createdAt: now, updatedAt: now, bytes: 3, crc32c: '', md5Hash: '', editable: {} };
    const old = { ...made, bucket: 'one-bucket', name: 'x', generation: 1, contentFile: 'x.1' };
    await writeFile(content.path, 'old');
    await directory.put(old, content);
    await expect(directory.put({ ...old, generation: 2, contentFile: 'x.2' }, content)).rejects.toThrow('ENOENT');
    const again = await BucketDirectory.load(path);
    expect(again?.get('x')).toEqual(old);
    expect(readFileSync(again?.openContent(old) ?? -1, 'utf8')).toBe('old');
  });

  it('has each object whole afterwards, the old or the new, and no leftovers', async () => {
    const versions = Array.from({ length: 4 }, (_, index) => someBytes(400_000 + index, index + 10));
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => cloud.bucket.file(`killed/${name}`).save(versions[0]!, { resumable: false })));
    await cloud.gcs.close();
    await cloud.google.close();

    for (let round = 0; round < 6; round++) {
      const running = await start(cloud.directory);
      const content = versions[round % versions.length]!;
      const writes = names.map((name) => running.bucket.file(`killed/${name}`).save(content, { resumable: false }));
      await sleep(3 + round * 4); // somewhere between the first byte and the answer
      await kill(running);
      await Promise.allSettled(writes);
    }

    const running = await start(cloud.directory);
    const files = (await running.bucket.getFiles({ prefix: 'killed/' }))[0];
    expect(files.map(({ name }) => name)).toEqual(names.map((name) => `killed/${name}`));
    for (const file of files) {
      const [bytes] = await file.download({ validation: 'crc32c' });
      expect(versions.some((version) => version.equals(bytes))).toBe(true);
    }
    expect((await objectFiles()).length).toBe(2 * (await running.bucket.getFiles())[0].length);
    expect(await readdir(join(cloud.directory, 'gcs', 'uploads'))).toEqual([]);
    await kill(running);
  }, 30_000);
});
