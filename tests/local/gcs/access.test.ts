import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accessToken } from '../../support/storageClient.ts';
import { BUCKET, bucketFor, EMAIL, refusalOf, type StorageCloud, startStorageCloud } from './storageCloud.ts';

const PAGE = 'https://sori.example';

let cloud: StorageCloud;

beforeAll(async () => {
  cloud = await startStorageCloud();
  await cloud.bucket.file('x').save('x', { resumable: false });
});

afterAll(() => cloud.close());

describe('The JSON API of the local GCS', () => {
  async function get(authorization?: string): Promise<unknown> {
    const answer = await fetch(`${cloud.gcs.url}/storage/v1/b/${BUCKET}/o/x`, { headers: authorization ? { authorization } : {} });
    return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: await answer.json() };
  }

  function unauthenticated(message: string, reason: string, challenge: string) {
    const errors = [{ message, domain: 'global', reason, locationType: 'header', location: 'Authorization' }];
    return { status: 401, challenge, body: { error: { code: 401, message, errors } } };
  }

  it('refuses a call without a token', async () => {
    const message = 'Anonymous caller does not have access to the Google Cloud Storage resource.';
    expect(await get()).toEqual(unauthenticated(message, 'required', 'Bearer realm="https://accounts.google.com/"'));
  });

  it('refuses a token that Google did not give', async () => {
    const challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"';
    const invalid = unauthenticated('Invalid Credentials', 'authError', challenge);
    expect(await get('Bearer ya29.invented')).toEqual(invalid);
    expect(await get('Basic dXNlcjpwYXNz')).toEqual(invalid);
  });

  it('refuses a disabled account at once, for every kind of call, and takes it back', async () => {
    const known = await cloud.bucket.getFiles();
    await cloud.google.disableAccount(EMAIL);
    const file = cloud.bucket.file('x');
    for (const call of [file.download(), file.save('y', { resumable: false }), file.delete(), cloud.bucket.getFiles(), file.copy('z')]) {
      expect(await refusalOf(call)).toEqual({ code: 401, message: 'Invalid Credentials' });
    }
    const fresh = bucketFor(cloud.google, cloud.gcs, cloud.key).file('x').download();
    expect(await refusalOf(fresh)).toMatchObject({ message: expect.stringContaining('no access token') });
    await cloud.google.enableAccount(EMAIL);
    expect((await cloud.bucket.getFiles())[0].map(({ name }) => name)).toEqual(known[0].map(({ name }) => name));
    expect(String((await file.download())[0])).toBe('x');
  });

  it('lets whoever has the address of an upload go on with it, as GCS does', async () => {
    const [uri] = await cloud.bucket.file('by-address').createResumableUpload();
    expect((await fetch(uri, { method: 'PUT', body: 'x' })).status).toBe(200);
    const guessed = uri.replace(/upload_id=.*/, `upload_id=${'A'.repeat(32)}`);
    expect((await fetch(guessed, { method: 'PUT', body: 'x' })).status).toBe(404);
    const outside = uri.replace(/upload_id=.*/, 'upload_id=..%2Fbuckets');
    expect((await fetch(outside, { method: 'PUT', body: 'x' })).status).toBe(404);
  });

  it('takes the token for the XML API too', async () => {
    const authorization = `Bearer ${await accessToken(cloud.google.tokenUrl, cloud.key)}`;
    expect(await (await fetch(`${cloud.gcs.url}/${BUCKET}/x`, { headers: { authorization } })).text()).toBe('x');
  });

  it('says what it does not know', async () => {
    const authorization = `Bearer ${await accessToken(cloud.google.tokenUrl, cloud.key)}`;
    const status = async (method: string, path: string) =>
      (await fetch(cloud.gcs.url + path, { method, headers: { authorization } })).status;
    expect(await status('GET', '/storage/v1/projects')).toBe(404);
    expect(await status('POST', `/storage/v1/b/${BUCKET}/o/x/compose`)).toBe(404);
    expect(await status('PUT', `/storage/v1/b/${BUCKET}`)).toBe(405);
    expect(await status('GET', `/storage/v1/b/${BUCKET}/o/%E0%A4%A`)).toBe(400);
    expect(await status('POST', `/upload/storage/v1/b/${BUCKET}/o?uploadType=carrier-pigeon`)).toBe(400);
    expect(await status('GET', `/storage/v1/b/${BUCKET}/o?maxResults=many`)).toBe(400);
  });
});

describe('The CORS rules of a bucket', () => {
  beforeAll(() =>
    cloud.gcs.createBucket(BUCKET, {
      cors: [
        { origin: [PAGE], method: ['GET', 'PUT'], responseHeader: ['Content-Type', 'x-goog-content-length-range'], maxAgeSeconds: 600 },
      ],
    }),
  );

  afterAll(() => cloud.gcs.createBucket(BUCKET, { cors: [] }));

  function corsOf(answer: Response): Record<string, string> {
    return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')));
  }

  async function url(): Promise<string> {
    return (await cloud.bucket.file('x').getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 }))[0];
  }

  async function preflight(origin: string, method: string): Promise<unknown> {
    const headers = { origin, 'access-control-request-method': method };
    const answer = await fetch(await url(), { method: 'OPTIONS', headers });
    return { status: answer.status, cors: corsOf(answer) };
  }

  it('allow a page what they name, before and with the call', async () => {
    expect(await preflight(PAGE, 'PUT')).toEqual({
      status: 200,
      cors: {
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-headers': 'Content-Type,x-goog-content-length-range',
        'access-control-max-age': '600',
      },
    });
    const allowed = {
      'access-control-allow-origin': PAGE,
      'access-control-expose-headers': 'Content-Type, x-goog-content-length-range',
    };
    expect(corsOf(await fetch(await url(), { headers: { origin: PAGE } }))).toEqual(allowed);
    const refused = await fetch((await url()).replace('/x?', '/y?'), { headers: { origin: PAGE } });
    expect([refused.status, corsOf(refused)]).toEqual([403, allowed]);
  });

  it('allow nothing else', async () => {
    expect(await preflight('https://other.example', 'PUT')).toEqual({ status: 200, cors: {} });
    expect(await preflight(PAGE, 'DELETE')).toEqual({ status: 200, cors: {} });
    expect(corsOf(await fetch(await url(), { headers: { origin: 'https://other.example' } }))).toEqual({});
  });

  it('allow nothing when there are none', async () => {
    await cloud.bucket.setCorsConfiguration([]);
    expect(await preflight(PAGE, 'GET')).toEqual({ status: 200, cors: {} });
  });
});
