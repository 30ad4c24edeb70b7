/** Real stores for tests: a directory, and a bucket on the local Google Cloud Storage server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemWorld } from '#shared/runtime';
import { type LocalGcs, startGcs } from '../../../scripts/local/gcs/index.ts';
import { type LocalGoogle, type ServiceAccountKey, startGoogle } from '../../../scripts/local/google/index.ts';
import { createKeySource } from '../../../shared/media/credentials.ts';
import { createGcsStore, type GcsStoreOptions } from '../../../shared/media/gcsStore.ts';
import { createHybridStore } from '../../../shared/media/hybridStore.ts';
import { createLocalStore } from '../../../shared/media/localStore.ts';
import type { MediaStore } from '../../../shared/media/port.ts';

export const BUCKET = 'demo-sori-media';

export interface OpenStore {
  store: MediaStore;
  close(): Promise<void>;
}

export async function openLocalStore(): Promise<OpenStore & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-media-'));
  return { directory, store: createLocalStore(directory), close: () => rm(directory, { recursive: true, force: true }) };
}

export interface OpenGcs extends OpenStore {
  url: string;
  google: LocalGoogle;
  storage: LocalGcs;
  key: ServiceAccountKey;
  keyPath: string;
  /** Another instance of the service, with the same key file. */
  anotherStore(options?: Partial<GcsStoreOptions>): MediaStore;
}

/** @param options - the clock is the bucket's */
export async function openGcsStore(options: { clock?: Clock } = {}): Promise<OpenGcs> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-gcs-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google, ...options });
  await gcs.createBucket(BUCKET);
  const key = await google.createServiceAccountKey('media@demo-sori.iam.gserviceaccount.com');
  const keyPath = join(directory, 'key.json');
  await writeFile(keyPath, JSON.stringify(key));
  function anotherStore(options: Partial<GcsStoreOptions> = {}): MediaStore {
    const keys = createKeySource(() => readFile(keyPath, 'utf8'));
    const address = { bucketName: BUCKET, projectId: 'demo-sori', apiEndpoint: gcs.url, tokenUrl: google.tokenUrl };
    // Pauses between tries pass at once.
    const clock = { ...systemWorld.clock, sleep: () => Promise.resolve() };
    return createGcsStore({ ...address, keys, world: { clock, random: () => 0 }, ...options });
  }
  async function close() {
    await gcs.close();
    await google.close();
    await rm(directory, { recursive: true, force: true });
  }
  return { store: anotherStore(), url: gcs.url, google, storage: gcs, key, keyPath, anotherStore, close };
}

/** The directory is written to first. */
export async function openHybridStore(): Promise<OpenStore & { local: MediaStore; bucket: OpenGcs }> {
  const [directory, bucket] = await Promise.all([openLocalStore(), openGcsStore()]);
  const store = createHybridStore([directory.store, bucket.store]);
  return { store, local: directory.store, bucket, close: async () => void (await Promise.all([directory.close(), bucket.close()])) };
}

/** `bytes` bytes that follow from `seed`, in chunks of 64 KiB, made when asked for. */
export async function* someBytes(bytes: number, seed = 1): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; at += 65_536) {
    yield Buffer.alloc(Math.min(65_536, bytes - at), `${seed}:${at}:${'sori'.repeat(seed)}`);
    await Promise.resolve();
  }
}

export async function readAll(body: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
