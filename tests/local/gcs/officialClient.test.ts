/** What people do with a bucket by Google's own client, from the first byte to the last, over a network that fails. */
import { connect, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { File } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bucketFor, refusalOf, type StorageCloud, someBytes, startStorageCloud } from './storageCloud.ts';

const PAGE = 'https://sori.example';
const UNIT_BYTES = 256 * 1024;

let cloud: StorageCloud;

beforeAll(async () => {
  cloud = await startStorageCloud();
});

afterAll(() => cloud.close());

describe('A resumable upload by the official client', () => {
  it.each([
    [20_000, 0],
    [UNIT_BYTES + 100_000, UNIT_BYTES],
    [3 * UNIT_BYTES + 90_000, 3 * UNIT_BYTES],
  ])(
    'whose connection is cut after %d bytes goes on from where it was',
    async (cutAfterBytes, keptBytes) => {
      const line = await cuttable(cloud.gcs.url);
      const bytes = someBytes(4 * UNIT_BYTES + 1234, cutAfterBytes);
      const name = `resumed/${cutAfterBytes}`;
      const file = bucketFor(cloud.google, { ...cloud.gcs, url: line.url }, cloud.key).file(name);
      const [uri] = await file.createResumableUpload({ preconditionOpts: { ifGenerationMatch: 0 } });
      const send = () => pipeline(Readable.from([bytes]), file.createWriteStream({ uri, validation: false }));
      line.cutAfter(cutAfterBytes);
      await expect(send()).rejects.toThrow();
      expect([line.cuts(), await cloud.bucket.file(name).exists()]).toEqual([1, [false]]);
      const before = line.sentBytes();
      await send();
      expect(line.sentBytes() - before).toBeLessThan(bytes.length - keptBytes + 20_000); // what was there is not sent again
      expect((await cloud.bucket.file(name).download({ validation: 'crc32c' }))[0].equals(bytes)).toBe(true);
      await line.close();
    },
    15_000,
  );

  it('that nobody goes on with shows nothing, and its name stays free', async () => {
    const file = cloud.bucket.file('abandoned');
    const [uri] = await file.createResumableUpload();
    const piece = new Uint8Array(someBytes(UNIT_BYTES));
    const headers = { 'content-range': `bytes 0-${UNIT_BYTES - 1}/*` };
    expect((await fetch(uri, { method: 'PUT', headers, body: piece })).status).toBe(308);
    expect(await file.exists()).toEqual([false]);
    await file.save('another', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    expect(String((await file.download())[0])).toBe('another');
  });
});

describe('Conditions on reading and copying', () => {
  it('let through only the generation that is meant', async () => {
    const file = cloud.bucket.file('source');
    await file.save('one', { resumable: false });
    const first = Number((await file.getMetadata())[0].generation);
    await file.save('two', { resumable: false });
    const second = Number((await file.getMetadata())[0].generation);

    const old = cloud.bucket.file('source', { generation: first });
    expect((await refusalOf(old.copy(cloud.bucket.file('copied')))).code).toBe(404);
    const copy = cloud.bucket.file('copied');
    await cloud.bucket.file('source', { generation: second }).copy(copy, { preconditionOpts: { ifGenerationMatch: 0 } });
    expect(String((await copy.download())[0])).toBe('two');
    expect((await refusalOf(file.copy(copy, { preconditionOpts: { ifGenerationMatch: 0 } }))).code).toBe(412);
    expect((await refusalOf(file.delete({ ifGenerationMatch: first }))).code).toBe(412);
    await file.delete({ ifGenerationMatch: second });
    expect((await cloud.bucket.getFiles({ prefix: 'source' }))[0]).toEqual([]);
  });
});

describe('A folder of objects', () => {
  it('is read as a stream, and deleted at one go', async () => {
    const names = Array.from({ length: 25 }, (_, at) => `many/${at + 10}`);
    await Promise.all([...names, 'many-not'].map((name) => cloud.bucket.file(name).save('x', { resumable: false })));
    const seen: string[] = [];
    for await (const file of cloud.bucket.getFilesStream({ prefix: 'many/' })) seen.push((file as File).name);
    expect(seen).toEqual(names);
    await cloud.bucket.deleteFiles({ prefix: 'many/' });
    expect((await cloud.bucket.getFiles({ prefix: 'many' }))[0].map(({ name }) => name)).toEqual(['many-not']);
  });
});

describe('A page of another origin', () => {
  const cors = [{ origin: [PAGE], method: ['GET', 'PUT'], responseHeader: ['Content-Type', 'ETag'], maxAgeSeconds: 600 }];

  it('uploads by a signed URL and shows what it has uploaded, when the bucket allows its origin', async () => {
    await cloud.bucket.setCorsConfiguration(cors);
    const file = cloud.bucket.file('from a page.png');
    const expires = Date.now() + 60_000;
    const [upload] = await file.getSignedUrl({ version: 'v4', action: 'write', expires, contentType: 'image/png' });
    const origin = { origin: PAGE };
    const asked = await fetch(upload, { method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'PUT' } });
    expect([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('access-control-allow-methods')]).toEqual([
      200,
      PAGE,
      'GET,PUT',
    ]);
    const put = await fetch(upload, { method: 'PUT', headers: { ...origin, 'content-type': 'image/png' }, body: 'a picture' });
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);

    const [show] = await file.getSignedUrl({ version: 'v4', action: 'read', expires });
    const shown = await fetch(show, { headers: { ...origin, range: 'bytes=2-' } });
    expect([shown.status, shown.headers.get('content-range'), await shown.text()]).toEqual([206, 'bytes 2-8/9', 'picture']);
    expect([shown.headers.get('access-control-allow-origin'), shown.headers.get('vary')]).toEqual([PAGE, 'Origin']);
    const elsewhere = await fetch(show, { headers: { origin: 'https://other.example' } });
    expect([elsewhere.status, elsewhere.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });
});

interface CuttableLine {
  url: string;
  /** Cuts the connection, once, when so many bytes have been sent from now on. */
  cutAfter(bytes: number): void;
  cuts(): number;
  /** By clients, in all. */
  sentBytes(): number;
  close(): Promise<void>;
}

async function cuttable(target: string): Promise<CuttableLine> {
  let left = Number.POSITIVE_INFINITY;
  let cutCount = 0;
  let sent = 0;
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1');
    for (const end of [near, far]) ends.add(end.on('error', () => undefined));
    far.pipe(near);
    near.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      sent += chunk.length;
      if (left > 0) return void far.write(chunk);
      left = Number.POSITIVE_INFINITY;
      cutCount += 1;
      far.end(chunk.subarray(0, chunk.length >> 1));
      near.destroy();
    });
    near.once('close', () => far.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    cutAfter: (bytes) => {
      left = bytes;
    },
    cuts: () => cutCount,
    sentBytes: () => sent,
    close: () =>
      new Promise((resolve) => {
        for (const end of ends) end.destroy();
        server.close(() => resolve());
      }),
  };
}
