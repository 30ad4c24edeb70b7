/** The local Google Cloud as a process of its own: who is who, Cloud Storage, Cloud Scheduler. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKUP_LIFE_CYCLE } from '#shared/backups';
import { bucketCors } from './bucketCors.ts';
import { startGcs } from './gcs/index.ts';
import { type LocalGoogle, startGoogle } from './google/index.ts';
import { forgetOwnAddress, recordOwnAddress } from './google/ownAddress.ts';
import { writePrivately } from './localSecrets.ts';
import { servePart } from './processes/part.ts';
import { startScheduler } from './scheduler/index.ts';

export interface CloudInput {
  directory: string;
  /** The service account's key: made when its file is not there, else registered. */
  keyFile: string;
  keyAccount: string;
  buckets: string[];
  /** Where the buckets say they are; as at Google, it is the US when nothing is said. */
  region?: string;
  backupBucket?: string;
  /** Who may call the buckets from a browser. */
  origins: string[];
  /** `false` where one from outside is used. */
  hasStorage: boolean;
  hasScheduler: boolean;
}

export interface CloudReady {
  tokenUrl: string;
  certsUrl: string;
  storageUrl: string | undefined;
  /** host:port of gRPC */
  schedulerEndpoint: string | undefined;
  /** A key that is not sound stays unknown to the local Google, as a broken key would to the real one. */
  isKeySound: boolean;
}

servePart<CloudInput, CloudReady>(async (input) => {
  const google = await startGoogle({ directory: join(input.directory, 'google') });
  const isKeySound = await provideKey(google, input);
  const gcs = input.hasStorage ? await startGcs({ directory: join(input.directory, 'gcs'), google }) : undefined;
  const place = input.region ? { location: input.region.toUpperCase(), locationType: 'region' } : {};
  for (const bucket of input.buckets) await gcs?.createBucket(bucket, { cors: bucketCors(input.origins), settings: place });
  if (input.backupBucket) await gcs?.createBucket(input.backupBucket, { settings: { ...place, lifecycle: BACKUP_LIFE_CYCLE } });
  const file = join(input.directory, 'scheduler.json');
  const scheduler = input.hasScheduler ? await startScheduler({ file, mintOidcToken: google.mintOidcToken }) : undefined;
  const ownFolder = join(input.directory, 'scheduler');
  mkdirSync(ownFolder, { recursive: true });
  if (scheduler) await recordOwnAddress(ownFolder, `http://${scheduler.endpoint}`);
  return {
    ready: {
      tokenUrl: google.tokenUrl,
      certsUrl: google.certsUrl,
      storageUrl: gcs?.url,
      schedulerEndpoint: scheduler?.endpoint,
      isKeySound,
    },
    close: async () => {
      await scheduler?.close();
      forgetOwnAddress(ownFolder);
      await gcs?.close();
      await google.close();
    },
  };
});

async function provideKey(google: LocalGoogle, { keyFile, keyAccount }: CloudInput): Promise<boolean> {
  if (!existsSync(keyFile)) {
    writePrivately(keyFile, await google.createServiceAccountKey(keyAccount));
    return true;
  }
  // As text: whatever the service can make use of, badly packed too, is known here.
  return google.registerKey(readFileSync(keyFile, 'utf8'));
}
