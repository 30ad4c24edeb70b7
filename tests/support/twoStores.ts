/** The service over a directory and a bucket together, and a clock by which what they hold grows old. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { REPLICATION_BOUNDS, type ReplicationCount, replicateFiles } from '#shared/files';
import { type MediaStore, mediaStores } from '#shared/media';
import { newId, systemWorld } from '#shared/runtime';
import { type LocalGcs, startGcs } from '../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../scripts/local/google/index.ts';
import { TestClock } from './clock.ts';
import { type House, openHouse } from './openHouse.ts';

export interface TwoStores {
  house: House;
  /** Of the bucket's server; the functions keep the real time. */
  clock: TestClock;
  disk: MediaStore;
  bucket: MediaStore;
  storage: LocalGcs;
  /** Where the disk's objects stand. */
  directory: string;
  /** Gives a store an object of any name, as old as the clock says. */
  put(store: MediaStore, name: string, bytes?: Buffer): Promise<void>;
  /** The same, but it stays where an upload stands that never came to its end. */
  stage(store: MediaStore, name: string): Promise<void>;
  /** Files on the disk take the clock's time. */
  touch(names: string[]): Promise<void>;
  namesIn(store: MediaStore): Promise<string[]>;
  replicate(): Promise<ReplicationCount>;
  close(): Promise<void>;
}

export const BUCKET = 'two-stores';

export async function openTwoStores(): Promise<TwoStores> {
  const root = await mkdtemp(join(tmpdir(), 'sori-two-stores-'));
  const clock = new TestClock();
  const google = await startGoogle({ directory: join(root, 'google') });
  const storage = await startGcs({ directory: join(root, 'gcs'), google, clock });
  await storage.createBucket(BUCKET);
  const keyFile = join(root, 'key.json');
  await writeFile(keyFile, JSON.stringify(await google.createServiceAccountKey('media@demo-sori.iam.gserviceaccount.com')));
  const directory = join(root, 'disk');
  const addresses = { GCS_KEY_FILE: keyFile, STORAGE_EMULATOR_HOST: storage.url, GOOGLE_TOKEN_URL: google.tokenUrl };
  const house = await openHouse({ settings: { MEDIA_STORES: `local:${directory},gcs:${BUCKET}`, ...addresses } });
  const [disk, bucket] = mediaStores() as [MediaStore, MediaStore];

  const touch = async (names: string[]) => {
    const at = new Date(clock.now());
    await Promise.all(names.map((name) => utimes(join(directory, name), at, at)));
  };
  const stage = async (store: MediaStore, stagingName: string, bytes: Buffer = Buffer.from(stagingName)) => {
    const options = { stagingName, contentType: 'audio/mpeg', maxBytes: bytes.length };
    const staged = await store.stage(Readable.from([bytes]), options);
    if (store === disk) await touch([stagingName]);
    return staged;
  };
  return {
    ...{ house, clock, disk, bucket, storage, directory, touch },
    put: async (store, name, bytes) => void (await store.publish(await stage(store, `staging/${newId('fil')}`, bytes), name)),
    stage: async (store, name) => void (await stage(store, name)),
    namesIn: (store) => namesIn(store),
    replicate: () => replicateFiles({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds: REPLICATION_BOUNDS }),
    close: async () => {
      await house.close();
      await storage.close();
      await google.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function namesIn(store: MediaStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list('')) names.push(name);
  return names;
}
