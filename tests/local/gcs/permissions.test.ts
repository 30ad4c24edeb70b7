import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServiceAccountKey } from '../../../scripts/local/google/index.ts';
import { assertionForm } from '../../support/storageClient.ts';
import { BUCKET, bucketFor, EMAIL, refusalOf, type StorageCloud, startStorageCloud } from './storageCloud.ts';

const OTHER = 'other@sori-test.iam.gserviceaccount.com';

let cloud: StorageCloud;
let otherKey: ServiceAccountKey;

beforeAll(async () => {
  cloud = await startStorageCloud();
  await cloud.bucket.file('x').save('x', { resumable: false });
  otherKey = await cloud.google.createServiceAccountKey(OTHER);
});

beforeEach(() => cloud.gcs.setMembers(BUCKET, undefined));

afterAll(() => cloud.close());

const others = () => bucketFor(cloud.google, cloud.gcs, otherKey);

function denied(email: string, permission: string, what = 'object') {
  const who = `${email} does not have ${permission} access to the Google Cloud Storage ${what}.`;
  return { code: 403, message: `${who} Permission '${permission}' denied on resource (or it may not exist).` };
}

describe('A bucket of the local GCS', () => {
  it('is open to every account that Google knows while it names no members', async () => {
    expect(String((await others().file('x').download())[0])).toBe('x');
  });

  it('refuses every call of an account that is not a member, in Google’s words', async () => {
    await cloud.gcs.setMembers(BUCKET, { [EMAIL]: 'objectAdmin' });
    const file = others().file('x');
    const calls: [Promise<unknown>, string, string?][] = [
      [file.getMetadata(), 'storage.objects.get'],
      [file.download(), 'storage.objects.get'],
      [others().getFiles(), 'storage.objects.list', 'bucket'],
      [others().file('y').save('y', { resumable: false }), 'storage.objects.create'],
      [others().file('y').createResumableUpload(), 'storage.objects.create'],
      [file.setMetadata({ cacheControl: 'no-store' }), 'storage.objects.update'],
      [file.delete(), 'storage.objects.delete'],
      [file.copy('z'), 'storage.objects.get'],
      [others().getMetadata(), 'storage.buckets.get', 'bucket'],
    ];
    for (const [call, permission, what] of calls) expect(await refusalOf(call)).toEqual(denied(OTHER, permission, what));
    expect((await cloud.bucket.getFiles())[0].map(({ name }) => name)).toEqual(['x']);
  });

  it('answers a refusal in the form of the JSON API', async () => {
    await cloud.gcs.setMembers(BUCKET, {});
    const authorization = `Bearer ${await tokenWith({})}`;
    const answer = await fetch(`${cloud.gcs.url}/storage/v1/b/${BUCKET}/o/x`, { headers: { authorization } });
    const { message } = denied(EMAIL, 'storage.objects.get');
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 403,
      body: { error: { code: 403, message, errors: [{ message, domain: 'global', reason: 'forbidden' }] } },
    });
  });

  it('lets a viewer read and nothing else, and a creator the other way round', async () => {
    await cloud.gcs.setMembers(BUCKET, { [OTHER]: 'objectViewer' });
    expect(String((await others().file('x').download())[0])).toBe('x');
    expect(await refusalOf(others().file('x').delete())).toEqual(denied(OTHER, 'storage.objects.delete'));
    await cloud.gcs.setMembers(BUCKET, { [OTHER]: 'objectCreator' });
    await others().file('created').save('c', { resumable: false });
    expect(await refusalOf(others().file('x').download())).toEqual(denied(OTHER, 'storage.objects.get'));
  });

  it('tells an account which permissions it has', async () => {
    await cloud.gcs.setMembers(BUCKET, { [OTHER]: 'objectViewer' });
    const [permissions] = await others().iam.testPermissions(['storage.objects.get', 'storage.objects.create']);
    expect(permissions).toEqual({ 'storage.objects.get': true, 'storage.objects.create': false });
  });

  it('refuses signed URLs of an account that may not do what they say', async () => {
    const [url] = await others()
      .file('x')
      .getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 });
    expect((await fetch(url)).status).toBe(200);
    await cloud.gcs.setMembers(BUCKET, { [EMAIL]: 'objectAdmin' });
    const answer = await fetch(url);
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 403,
      text: expect.stringMatching(/<Code>AccessDenied<.*does not have storage\.objects\.get access/),
    });
  });

  it('refuses tokens that were asked for something else', async () => {
    const status = async (method: string, scope: string) => {
      const headers = { authorization: `Bearer ${await tokenWith({ scope })}` };
      return (await fetch(`${cloud.gcs.url}/storage/v1/b/${BUCKET}/o/x`, { method, headers })).status;
    };
    expect(await status('GET', 'https://www.googleapis.com/auth/bigquery')).toBe(403);
    expect(await status('GET', 'https://www.googleapis.com/auth/devstorage.read_only')).toBe(200);
    expect(await status('DELETE', 'https://www.googleapis.com/auth/devstorage.read_only')).toBe(403);
  });

  it('keeps its members over a restart', async () => {
    await cloud.gcs.setMembers(BUCKET, { [EMAIL]: 'objectViewer' });
    await cloud.restart();
    expect(await refusalOf(cloud.bucket.file('x').delete())).toEqual(denied(EMAIL, 'storage.objects.delete'));
  });

  it('that is deleted is not there for any call, and is back with all that was in it', async () => {
    const [url] = await cloud.bucket.file('x').getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 });
    await cloud.gcs.deleteBucket(BUCKET);
    const gone = { code: 404, message: 'The specified bucket does not exist.' };
    const { file, getFiles } = { file: cloud.bucket.file('x'), getFiles: cloud.bucket.getFiles() };
    for (const call of [file.download(), file.save('y', { resumable: false }), file.delete(), getFiles]) {
      expect(await refusalOf(call)).toEqual(gone);
    }
    expect((await fetch(url)).status).toBe(404);
    await cloud.gcs.createBucket(BUCKET); // as each start does
    expect(await refusalOf(file.download())).toEqual(gone);
    await cloud.gcs.restoreBucket(BUCKET);
    expect(String((await file.download())[0])).toBe('x');
  });
});

async function tokenWith(claims: Record<string, unknown>): Promise<string> {
  const body = assertionForm(cloud.google.tokenUrl, cloud.key, claims);
  const answer = await fetch(cloud.google.tokenUrl, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
}
