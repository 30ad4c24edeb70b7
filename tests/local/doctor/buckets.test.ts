/** The bucket check, at a real Cloud Storage server that knows who may do what. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BACKUP_LIFE_CYCLE } from '#shared/backups';
import { buckets } from '../../../scripts/doctor/before/buckets.ts';
import type { Finding } from '../../../scripts/doctor/check.ts';
import { siteOf } from '../../../scripts/doctor/site.ts';
import { bucketCors } from '../../../scripts/local/bucketCors.ts';
import { BUCKET, type OpenGcs, openGcsStore } from '../../shared/media/someStores.ts';

const ORIGIN = 'https://app.example';
const SEOUL = { location: 'ASIA-NORTHEAST3', locationType: 'region' };
const BACKUPS = 'demo-sori-backups';

let gcs: OpenGcs;
let look: () => Promise<Finding>;

beforeAll(async () => {
  gcs = await openGcsStore();
  Object.assign(process.env, {
    ...{ GOOGLE_CLOUD_PROJECT: 'demo-sori', MEDIA_STORES: `gcs:${BUCKET}`, BACKUP_BUCKET: BACKUPS, ALLOWED_ORIGINS: ORIGIN },
    ...{ STORAGE_EMULATOR_HOST: gcs.url, GOOGLE_TOKEN_URL: gcs.google.tokenUrl, GCS_KEY_FILE: gcs.keyPath, LOG_LEVEL: 'silent' },
  });
  const settings = { GOOGLE_CLOUD_PROJECT: 'demo-sori', FIRESTORE_EMULATOR_HOST: '127.0.0.1:9' };
  const site = await siteOf({ name: 'the buckets', settings }, { ...process.env, SORI_DATA_DIR: '/nowhere' });
  look = async () => buckets.look({ site, sinceAt: undefined, progress: () => undefined });
});
afterAll(() => gcs.close());

const whole = { cors: bucketCors([ORIGIN]), settings: SEOUL };
const wholeBackups = { settings: { ...SEOUL, lifecycle: BACKUP_LIFE_CYCLE } };

it('buckets: says that both are as declared', async () => {
  await gcs.storage.createBucket(BUCKET, whole);
  await gcs.storage.createBucket(BACKUPS, wholeBackups);
  const seen = [BUCKET, BACKUPS].map((name) => `${name}: ASIA-NORTHEAST3, not public, settings as declared`);
  expect(await look()).toEqual({ mark: 'sound', seen });
});

it.each([
  ['is in another region', { ...whole, settings: { location: 'US' } }, 'it is in US, the functions in ASIA-NORTHEAST3'],
  ['is open to the public', { ...whole, settings: { ...SEOUL, iamConfiguration: {} } }, 'public access is not prevented'],
  ['lets in no page', { ...whole, cors: [] }, `CORS does not let in ${ORIGIN}`],
])('buckets: notices one that %s', async (_, bucket, fault) => {
  await gcs.storage.createBucket(BUCKET, bucket);
  expect(await look()).toMatchObject({ mark: 'broken', seen: expect.arrayContaining([`${BUCKET}: ${fault}`]) });
  await gcs.storage.createBucket(BUCKET, whole);
});

it('buckets: notices an account that may not write', async () => {
  await gcs.storage.setMembers(BUCKET, { [gcs.key.client_email]: 'objectViewer' });
  const lacks = 'storage.objects.create, storage.objects.delete, storage.objects.update';
  expect((await look()).seen[0]).toBe(`${BUCKET}: the key's account lacks ${lacks}`);
  await gcs.storage.setMembers(BUCKET, undefined);
});

it('buckets: notices backups that nobody removes', async () => {
  await gcs.storage.createBucket(BACKUPS, { settings: { ...SEOUL, lifecycle: { rule: [] } } });
  const late = 'its life-cycle is not the declared one: backups are kept too long or not long enough';
  expect(await look()).toMatchObject({ mark: 'broken', seen: expect.arrayContaining([`${BACKUPS}: ${late}`]) });
  await gcs.storage.createBucket(BACKUPS, wholeBackups);
});
