/** The service with its songs in a bucket, whose key stands in a file that a test may spoil and repair. */

import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageKey } from '#shared/media';
import { startGcs } from '../../../scripts/local/gcs/index.ts';
import { type LocalGoogle, type ServiceAccountKey, startGoogle } from '../../../scripts/local/google/index.ts';
import type { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

export interface BucketHouse {
  house: House;
  google: LocalGoogle;
  key: ServiceAccountKey;
  /** Objects that the storage is sending right now. */
  openObjects(): string[];
  /** As an operator may have pasted it: a private key of 69 characters. */
  breakKey(): Promise<void>;
  repairKey(): Promise<void>;
  close(): Promise<void>;
}

const BUCKET = 'songs';

export async function openBucketHouse(clock: TestClock): Promise<BucketHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-bucket-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google, clock });
  await gcs.createBucket(BUCKET);
  const key = await google.createServiceAccountKey('api@sori.example');
  const keyFile = join(directory, 'gcs-key.json');
  const write = async (text: string) => {
    await writeFile(keyFile, text);
    storageKey()?.distrust();
  };
  await writeFile(keyFile, JSON.stringify(key));
  const house = await openHouse({
    world: { clock },
    settings: {
      MEDIA_STORES: `gcs:${BUCKET}`,
      GCS_KEY_FILE: keyFile,
      STORAGE_EMULATOR_HOST: gcs.url,
      GOOGLE_TOKEN_URL: google.tokenUrl,
    },
  });
  return {
    house,
    google,
    key,
    openObjects: () => openFiles().filter((path) => path.startsWith(join(directory, 'gcs'))),
    breakKey: () => write(JSON.stringify({ ...key, private_key: key.private_key.slice(0, 69) })),
    repairKey: () => write(JSON.stringify(key)),
    close: async () => {
      await house.close();
      await gcs.close();
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
}
