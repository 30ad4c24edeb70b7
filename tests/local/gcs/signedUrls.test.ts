import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestClock } from '../../support/clock.ts';
import { BUCKET, bucketFor, type StorageCloud, startStorageCloud } from './storageCloud.ts';

const HOUR_MS = 3_600_000;

let cloud: StorageCloud;
const clock = new TestClock();

beforeAll(async () => {
  cloud = await startStorageCloud({ clock });
});

beforeEach(() => cloud.bucket.file('노래/a b+c.mp3').save('0123456789', { resumable: false, contentType: 'audio/mpeg' }));

afterAll(() => cloud.close());

interface Options {
  name?: string;
  responseDisposition?: string;
  extensionHeaders?: Record<string, string>;
  contentType?: string;
}

async function signed(action: 'read' | 'write', { name = '노래/a b+c.mp3', ...options }: Options = {}): Promise<string> {
  const expires = Date.now() + HOUR_MS;
  return (await cloud.bucket.file(name).getSignedUrl({ version: 'v4', action, expires, ...options }))[0];
}

interface Refusal {
  status: number;
  code: string | undefined;
  details: string | undefined;
}

async function refusal(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return { status: answer.status, code: element('Code'), details: element('Details') };
}

const NOT_SIGNED = {
  status: 403,
  code: 'SignatureDoesNotMatch',
  details:
    'The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.',
};

describe('A signed URL for reading', () => {
  it('gives the object to whoever has it', async () => {
    const answer = await fetch(await signed('read'));
    const [{ generation }] = await cloud.bucket.file('노래/a b+c.mp3').getMetadata();
    const { date: _, connection: __, 'keep-alive': ___, 'last-modified': ____, ...headers } = Object.fromEntries(answer.headers);
    expect({ status: answer.status, headers, body: await answer.text() }).toEqual({
      status: 200,
      headers: {
        'accept-ranges': 'bytes',
        'cache-control': 'private, max-age=0',
        'content-length': '10',
        'content-type': 'audio/mpeg',
        etag: '"781e5e245d69b566979b86e28d23f2c7"',
        'x-goog-generation': generation,
        'x-goog-hash': 'crc32c=KAwGng==,md5=eB5eJF1ptWaXm4bijSPyxw==',
        'x-goog-metageneration': '1',
        'x-goog-storage-class': 'STANDARD',
        'x-goog-stored-content-encoding': 'identity',
        'x-goog-stored-content-length': '10',
      },
      body: '0123456789',
    });
  });

  it('gives the headers to HEAD', async () => {
    const answer = await fetch(await signed('read'), { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '10', '']);
  });

  it('gives a range, and refuses one outside of the object', async () => {
    const url = await signed('read');
    const range = async (value: string, more: Record<string, string> = {}) => {
      const answer = await fetch(url, { headers: { range: value, ...more } });
      return [answer.status, answer.headers.get('content-range'), answer.status === 416 ? '' : await answer.text()];
    };
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await range('bytes=0-1,4-5')).toEqual([200, null, '0123456789']);
    expect(await range('nonsense')).toEqual([200, null, '0123456789']);
    expect(await range('bytes=2-4', { 'if-range': '"781e5e245d69b566979b86e28d23f2c7"' })).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=2-4', { 'if-range': '"of another"' })).toEqual([200, null, '0123456789']);
  });

  it('sends nothing again that the browser has', async () => {
    const answer = await fetch(await signed('read'), { headers: { 'if-none-match': '"781e5e245d69b566979b86e28d23f2c7"' } });
    expect([answer.status, await answer.text()]).toEqual([304, '']);
  });

  it('may name the file for a download', async () => {
    const disposition = `attachment; filename="a.mp3"; filename*=UTF-8''%EB%85%B8%EB%9E%98.mp3`;
    const url = await signed('read', { responseDisposition: disposition });
    expect((await fetch(url)).headers.get('content-disposition')).toBe(disposition);
    const changed = url.replace('a.mp3%22', 'b.mp3%22');
    expect(changed).not.toBe(url);
    expect(await refusal(await fetch(changed))).toEqual(NOT_SIGNED);
  });

  it('says that there is no such object', async () => {
    const missing = { status: 404, code: 'NoSuchKey', details: `No such object: ${BUCKET}/missing` };
    expect(await refusal(await fetch(await signed('read', { name: 'missing' })))).toEqual(missing);
  });

  it('ends at its hour, not before', async () => {
    const accessibleAt = new Date(Math.floor(clock.now() / 1000) * 1000);
    const expires = new Date(accessibleAt.getTime() + HOUR_MS);
    const [url] = await cloud.bucket.file('노래/a b+c.mp3').getSignedUrl({ version: 'v4', action: 'read', accessibleAt, expires });
    const startedAt = clock.now();
    clock.advance(expires.getTime() - startedAt);
    const inTime = await fetch(url);
    clock.advance(1);
    const late = await refusal(await fetch(url));
    clock.advance(startedAt - clock.now());
    expect(inTime.status).toBe(200);
    const details = `The provided token has expired. Request signature expired at: ${expires.toISOString().replace('.000Z', '+00:00')}`;
    expect(late).toEqual({ status: 400, code: 'ExpiredToken', details });
  });

  it('is refused when anything of it was changed', async () => {
    const url = await signed('read');
    const signature = new URL(url).searchParams.get('X-Goog-Signature') ?? '';
    const changes = [
      url.replace(/X-Goog-Signature=\w{4}/, 'X-Goog-Signature=0000'),
      url.replace(signature, ''),
      url.replace('a%20b', 'a%20c'),
      url.replace('X-Goog-Expires=3600', 'X-Goog-Expires=7200').replace('X-Goog-Expires=3599', 'X-Goog-Expires=7200'),
      `${url}&more=1`,
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(url);
      expect(await refusal(await fetch(changed))).toEqual(NOT_SIGNED);
    }
    expect(await refusal(await fetch(url, { method: 'PUT', body: 'x' }))).toEqual(NOT_SIGNED);
  });

  it('is refused when it was signed by a key that Google does not know, or by a disabled account', async () => {
    const email = 'signer@sori-test.iam.gserviceaccount.com';
    const key = await cloud.google.createServiceAccountKey(email);
    const foreign = bucketFor(cloud.google, cloud.gcs, { ...key, client_email: 'nobody@sori-test.iam.gserviceaccount.com' });
    const known = bucketFor(cloud.google, cloud.gcs, key);
    const options = { version: 'v4', action: 'read', expires: Date.now() + HOUR_MS } as const;
    const [[byForeign], [byKnown]] = await Promise.all([
      foreign.file('노래/a b+c.mp3').getSignedUrl(options),
      known.file('노래/a b+c.mp3').getSignedUrl(options),
    ]);
    expect(await refusal(await fetch(byForeign))).toEqual(NOT_SIGNED);
    expect((await fetch(byKnown)).status).toBe(200);
    await cloud.google.disableAccount(email);
    expect(await refusal(await fetch(byKnown))).toEqual(NOT_SIGNED);
  });

  it('is refused when its parameters make no sense', async () => {
    const url = new URL(await signed('read'));
    const faults = { 'X-Goog-Expires': '604801', 'X-Goog-Date': 'yesterday', 'X-Goog-Algorithm': 'none', 'X-Goog-SignedHeaders': 'range' };
    for (const [name, value] of Object.entries(faults)) {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      expect(await refusal(await fetch(changed))).toMatchObject({ status: 400, code: 'MalformedSecurityHeader' });
    }
  });

  it('is needed: without it nobody reads', async () => {
    const answer = await fetch(`${cloud.gcs.url}/${BUCKET}/x`);
    expect(await refusal(answer)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });
});

describe('A signed URL for an upload', () => {
  const extensionHeaders = { 'x-goog-content-length-range': '3,5', 'x-goog-if-generation-match': '0' };
  const headers = { 'content-type': 'image/png', ...extensionHeaders };
  let count = 0;

  async function upload(body: string | ReadableStream, sent: Record<string, string> = headers) {
    const name = `upload-${++count}`;
    const url = await signed('write', { name, contentType: 'image/png', extensionHeaders });
    const put = () => fetch(url, { method: 'PUT', headers: sent, body, ...(typeof body === 'string' ? {} : { duplex: 'half' }) });
    return { file: cloud.bucket.file(name), answer: await put(), put };
  }

  it('takes what was signed', async () => {
    const { file, answer } = await upload('four');
    const [metadata] = await file.getMetadata();
    expect([answer.status, answer.headers.get('x-goog-generation')]).toEqual([200, metadata.generation]);
    expect(metadata).toMatchObject({ contentType: 'image/png', size: '4' });
    expect(String((await file.download())[0])).toBe('four');
  });

  it('refuses a body that is too long or too short, also when its length comes last', async () => {
    const trickle = (text: string) => new Blob([text]).stream();
    const outcomes = [];
    for (const body of ['123456', '12', trickle('123456'), trickle('12')]) {
      const { file, answer } = await upload(body);
      const { status, code } = await refusal(answer);
      outcomes.push([status, code, ...(await file.exists())]);
    }
    const tooLarge = [400, 'EntityTooLarge', false];
    const tooSmall = [400, 'EntityTooSmall', false];
    expect(outcomes).toEqual([tooLarge, tooSmall, tooLarge, tooSmall]);
  });

  it('refuses a body that is too long as soon as it is, without waiting for its end', async () => {
    const endless = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('123456')) });
    const { answer } = await upload(endless);
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'EntityTooLarge' });
  });

  it('refuses other headers than the signed ones', async () => {
    const other = await upload('four', { ...headers, 'content-type': 'text/html' });
    expect(await refusal(other.answer)).toEqual(NOT_SIGNED);
    const wider = await upload('four', { ...headers, 'x-goog-content-length-range': '0,9999' });
    expect(await refusal(wider.answer)).toEqual(NOT_SIGNED);
    const { 'x-goog-if-generation-match': _, ...fewer } = headers;
    const without = await upload('four', fewer);
    expect(await refusal(without.answer)).toMatchObject({ status: 400, code: 'MalformedSecurityHeader' });
    expect(await other.file.exists()).toEqual([false]);
  });

  it('never replaces what is there', async () => {
    const { file, put } = await upload('one.');
    expect(await refusal(await put())).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect((await file.getMetadata())[0].metageneration).toBe('1');
  });

  it('refuses a body that is not the one its sender meant', async () => {
    const { file, answer } = await upload('four', { ...headers, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'BadDigest' });
    expect(await file.exists()).toEqual([false]);
  });
});
