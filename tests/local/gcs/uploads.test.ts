import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { accessToken } from '../../support/storageClient.ts';
import { BUCKET, refusalOf, type StorageCloud, someBytes, startStorageCloud } from './storageCloud.ts';

const UNIT_BYTES = 256 * 1024;

let cloud: StorageCloud;
let authorization: string;

beforeAll(async () => {
  cloud = await startStorageCloud();
  authorization = `Bearer ${await accessToken(cloud.google.tokenUrl, cloud.key)}`;
});

afterAll(() => cloud.close());

async function content(name: string): Promise<Buffer> {
  return (await cloud.bucket.file(name).download())[0];
}

function unfinishedUploads(): Promise<string[]> {
  return readdir(join(cloud.directory, 'gcs', 'uploads'));
}

async function startSession(name: string): Promise<string> {
  return (await cloud.bucket.file(name).createResumableUpload({ metadata: { contentType: 'audio/mpeg' } }))[0];
}

interface Answer {
  status: number;
  range: string | null;
}

async function put(uri: string, range: string | undefined, bytes: Buffer = Buffer.alloc(0)): Promise<Answer> {
  const headers: Record<string, string> = range === undefined ? {} : { 'content-range': range };
  const answer = await fetch(uri, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  await answer.arrayBuffer();
  return { status: answer.status, range: answer.headers.get('range') };
}

/** Sends some bytes of a longer body, and hangs up once the server has begun to keep them. */
async function putAndLeave(uri: string, headers: Record<string, string>, bytes: Buffer, method = 'PUT'): Promise<void> {
  const before = (await unfinishedUploads()).length;
  const sending = request(uri, { method, headers });
  const ended = new Promise((resolve) => sending.once('close', resolve));
  sending.on('error', () => {});
  await new Promise((resolve) => sending.write(bytes, resolve));
  await waitUntil('the server keeps bytes', async () => (await unfinishedUploads()).length > before, 5000);
  sending.destroy();
  await ended;
}

describe('Uploads to the local GCS', () => {
  it('can be resumable, in one request or in pieces', async () => {
    const bytes = someBytes(700_000);
    await cloud.bucket.file('resumable').save(bytes, { resumable: true, contentType: 'audio/mpeg', metadata: { metadata: { a: 'b' } } });
    expect((await content('resumable')).equals(bytes)).toBe(true);
    expect((await cloud.bucket.file('resumable').getMetadata())[0]).toMatchObject({ contentType: 'audio/mpeg', metadata: { a: 'b' } });

    await cloud.bucket.file('pieces').save(bytes, { resumable: true, chunkSize: UNIT_BYTES });
    expect((await content('pieces')).equals(bytes)).toBe(true);
    const units = bytes.subarray(0, 2 * UNIT_BYTES);
    await cloud.bucket.file('whole units').save(units, { resumable: true, chunkSize: UNIT_BYTES });
    expect((await content('whole units')).equals(units)).toBe(true);
    expect((await unfinishedUploads()).filter((file) => file.endsWith('.part'))).toEqual([]);
  });

  it('go on after an interruption from where they were, also after a restart', async () => {
    const bytes = someBytes(800_000, 2);
    const uri = await startSession('interrupted');
    await putAndLeave(uri, { 'content-range': 'bytes 0-*/*' }, bytes.subarray(0, 300_000));
    expect(await put(uri, 'bytes */*')).toEqual({ status: 308, range: `bytes=0-${UNIT_BYTES - 1}` });

    const second = `bytes ${UNIT_BYTES}-${2 * UNIT_BYTES - 1}/800000`;
    expect(await put(uri, second, bytes.subarray(UNIT_BYTES, 2 * UNIT_BYTES))).toEqual({
      status: 308,
      range: `bytes=0-${2 * UNIT_BYTES - 1}`,
    });
    await cloud.restart();
    const moved = uri.replace(/^http:\/\/[^/]+/, cloud.gcs.url);
    const stream = cloud.bucket.file('interrupted').createWriteStream({ uri: moved, validation: false });
    await new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject).end(bytes));
    expect((await content('interrupted')).equals(bytes)).toBe(true);
    expect((await cloud.bucket.file('interrupted').getMetadata())[0]).toMatchObject({ contentType: 'audio/mpeg' });
  });

  it('count bytes that come twice once, and none behind a gap', async () => {
    const bytes = someBytes(2 * UNIT_BYTES + 10, 3);
    const total = bytes.length;
    const uri = await startSession('overlapping');
    expect(await put(uri, `bytes ${UNIT_BYTES}-${total - 1}/${total}`, bytes.subarray(UNIT_BYTES))).toEqual({ status: 308, range: null });
    const first = `bytes 0-${UNIT_BYTES - 1}/${total}`;
    await put(uri, first, bytes.subarray(0, UNIT_BYTES));
    expect(await put(uri, first, bytes.subarray(0, UNIT_BYTES))).toEqual({ status: 308, range: `bytes=0-${UNIT_BYTES - 1}` });
    expect(await put(uri, `bytes 100-${total - 1}/${total}`, bytes.subarray(100))).toEqual({ status: 200, range: null });
    expect((await content('overlapping')).equals(bytes)).toBe(true);
  });

  it('tell a client that missed the last answer what came of it', async () => {
    const uri = await startSession('missed');
    expect((await put(uri, undefined, Buffer.from('all'))).status).toBe(200);
    const [{ generation }] = await cloud.bucket.file('missed').getMetadata();
    const again = await fetch(uri, { method: 'PUT', headers: { 'content-range': 'bytes */*' } });
    expect({ status: again.status, body: await again.json() }).toMatchObject({ status: 200, body: { name: 'missed', generation } });
  });

  it('can be cancelled', async () => {
    const before = await unfinishedUploads();
    const uri = await startSession('cancelled');
    await put(uri, `bytes 0-${UNIT_BYTES - 1}/*`, someBytes(UNIT_BYTES));
    expect((await fetch(uri, { method: 'DELETE' })).status).toBe(499);
    expect((await put(uri, 'bytes */*')).status).toBe(404);
    expect(await unfinishedUploads()).toEqual(before);
    expect(await cloud.bucket.file('cancelled').exists()).toEqual([false]);
  });

  it('are refused at their start when a condition does not hold', async () => {
    await cloud.bucket.file('taken').save('x', { resumable: false });
    const start = cloud.bucket.file('taken').createResumableUpload({ preconditionOpts: { ifGenerationMatch: 0 } });
    expect(await refusalOf(start)).toMatchObject({ message: 'At least one of the pre-conditions you specified did not hold.' });
  });

  it('count only when the checksum is the one that was sent', async () => {
    const before = await unfinishedUploads();
    const wrong = { resumable: false, metadata: { md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==' } };
    const refusal = await refusalOf(cloud.bucket.file('damaged').save('content', wrong));
    expect(refusal).toEqual({
      code: 400,
      message: `Provided MD5 hash "AAAAAAAAAAAAAAAAAAAAAA==" doesn't match calculated MD5 hash "mgNkuembtIDdJeHwKEyFVQ==".`,
    });
    const uri = await startSession('damaged');
    const crc = { 'x-goog-hash': 'crc32c=AAAAAA==' };
    expect((await fetch(uri, { method: 'PUT', headers: crc, body: 'content' })).status).toBe(400);
    expect(await cloud.bucket.file('damaged').exists()).toEqual([false]);
    expect(await unfinishedUploads()).toEqual(before);
  });

  it('leave nothing when the sender hangs up, and the old object as it was', async () => {
    await cloud.bucket.file('kept').save('old', { resumable: false });
    const before = await unfinishedUploads();
    const address = `${cloud.gcs.url}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=kept`;
    await putAndLeave(address, { authorization, 'content-length': '900000' }, someBytes(300_000), 'POST');
    await waitUntil('the half upload is removed', async () => (await unfinishedUploads()).length === before.length, 5000);
    expect(String(await content('kept'))).toBe('old');
  });

  it('may come as gcloud sends them: lines ended by LF, a boundary between single quotes, the name inside the metadata', async () => {
    const body = Buffer.from(
      [
        '--===b==\nContent-Type: application/json\nMIME-Version: 1.0\n\n{"name": "from/gcloud", "contentType": "text/plain"}',
        '\n--===b==\nContent-Type: text/plain\nContent-Transfer-Encoding: binary\n\nline\r\n--===b=\r\nend\r',
        '\n--===b==--',
      ].join(''),
    );
    const address = `${cloud.gcs.url}/upload/storage/v1/b/${BUCKET}/o?alt=json&uploadType=multipart`;
    const headers = { authorization, 'content-type': "multipart/related; boundary='===b=='" };
    expect((await fetch(address, { method: 'POST', headers, body })).status).toBe(200);
    expect(String(await content('from/gcloud'))).toBe('line\r\n--===b=\r\nend\r');
  });

  it('are refused when the closing boundary is missing, and leave nothing', async () => {
    const before = await unfinishedUploads();
    const body = '--b\r\nContent-Type: application/json\r\n\r\n{"name": "cut"}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhalf of it';
    const address = `${cloud.gcs.url}/upload/storage/v1/b/${BUCKET}/o?uploadType=multipart`;
    const answer = await fetch(address, {
      method: 'POST',
      headers: { authorization, 'content-type': 'multipart/related; boundary=b' },
      body,
    });
    expect(answer.status).toBe(400);
    expect(await cloud.bucket.file('cut').exists()).toEqual([false]);
    expect(await unfinishedUploads()).toEqual(before);
  });
});
