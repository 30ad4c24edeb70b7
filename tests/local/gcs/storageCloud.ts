import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bucket } from '@google-cloud/storage';
import { type LocalGcs, startGcs } from '../../../scripts/local/gcs/index.ts';
import { type LocalGoogle, type ServiceAccountKey, startGoogle } from '../../../scripts/local/google/index.ts';
import type { Clock } from '../../../shared/runtime/index.ts';
import { storageClient } from '../../support/storageClient.ts';

export const EMAIL = 'media@sori-test.iam.gserviceaccount.com';
export const BUCKET = 'sori-media';

/** A local Google and a local GCS with one bucket and one account, in a directory of their own. */
export interface StorageCloud {
  directory: string;
  google: LocalGoogle;
  gcs: LocalGcs;
  key: ServiceAccountKey;
  /** As the account sees it, by the official client. */
  bucket: Bucket;
  /** Ends both servers and starts them again on what they left. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startStorageCloud(options: { clock?: Clock } = {}): Promise<StorageCloud> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-gcs-'));
  const google = await startGoogle({ directory: join(directory, 'google'), ...options });
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google, ...options });
  await gcs.createBucket(BUCKET);
  const key = await google.createServiceAccountKey(EMAIL);
  const cloud: StorageCloud = {
    directory,
    google,
    gcs,
    key,
    bucket: bucketFor(google, gcs, key),
    async restart() {
      await closeServers(cloud);
      cloud.google = await startGoogle({ directory: join(directory, 'google'), ...options });
      cloud.gcs = await startGcs({ directory: join(directory, 'gcs'), google: cloud.google, ...options });
      cloud.bucket = bucketFor(cloud.google, cloud.gcs, key);
    },
    async close() {
      await closeServers(cloud);
      await rm(directory, { recursive: true });
    },
  };
  return cloud;
}

export function bucketFor(google: LocalGoogle, gcs: LocalGcs, key: ServiceAccountKey): Bucket {
  return storageClient({ url: gcs.url, tokenUrl: google.tokenUrl, key }).bucket(BUCKET);
}

async function closeServers({ gcs, google }: StorageCloud): Promise<void> {
  await gcs.close();
  await google.close();
}

/** Bytes that are the same for the same seed, and nowhere repeat. */
export function someBytes(count: number, seed = 1): Buffer {
  return createHash('shake256', { outputLength: count }).update(String(seed)).digest();
}

/** What a refused call of the client says. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  try {
    await call;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { code, message };
  }
  throw new Error('the call was not refused');
}
