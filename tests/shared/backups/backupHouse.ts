/** A database, accounts, and a backup bucket on the local Google Cloud Storage server, in a project of the test file's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authAdmin } from '#shared/access';
import { type Backup, startBackup } from '#shared/backups';
import { closeDatabase, database, fromDocument, systemWorld, type World } from '#shared/runtime';
import { type LocalGcs, startGcs } from '../../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../../scripts/local/google/index.ts';
import { advanceBackups, type BackupRun } from '../../../shared/backups/advanceBackups.ts';
import { BACKUP_BOUNDS } from '../../../shared/backups/step.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { storageClient } from '../../support/storageClient.ts';

export { readObject, tombstoneName, writeJson, writeObject } from '../../../shared/backups/bucket.ts';
export { emulatorDatabase } from '../../../shared/snapshots/emulatorDatabase.ts';
export { DatabaseRefused } from '../../../shared/snapshots/port.ts';
export { BACKUP_BOUNDS };

export const BUCKET = 'demo-sori-backups';
const SECRET = 'a secret of sixty-four characters or more, that stands for no other one';

export interface BackupHouse {
  clock: TestClock;
  world: World;
  gcs: LocalGcs;
  keyEmail: string;
  directory: string;
  /** As many passes as it takes, each 31 s after the one before, until it is compared as well. @returns the backup as it is then */
  finish(backupId: string, run?: Partial<BackupRun>): Promise<Backup>;
  pass(run?: Partial<BackupRun>): Promise<number>;
  start(): Promise<string>;
  read(backupId: string): Promise<Backup>;
  /** Names of the objects of a backup, and whether each is on hold. */
  holdsOf(backupId: string): Promise<Map<string, boolean>>;
  close(): Promise<void>;
}

export async function openBackupHouse(): Promise<BackupHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-backups-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const clock = new TestClock();
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google });
  await gcs.createBucket(BUCKET);
  const keyEmail = 'backups@demo-sori.iam.gserviceaccount.com';
  const keyFile = join(directory, 'key.json');
  const key = await google.createServiceAccountKey(keyEmail);
  await writeFile(keyFile, JSON.stringify(key));
  const bucket = storageClient({ url: gcs.url, tokenUrl: google.tokenUrl, key }).bucket(BUCKET);
  const addresses = { STORAGE_EMULATOR_HOST: gcs.url, GOOGLE_TOKEN_URL: google.tokenUrl, GCS_KEY_FILE: keyFile };
  useOwnProject({ BACKUP_BUCKET: BUCKET, BACKUP_SECRET: SECRET, MEDIA_STORES: `local:${join(directory, 'media')}`, ...addresses });
  const world: World = {
    ...systemWorld,
    clock: { now: clock.now, monotonicMs: systemWorld.clock.monotonicMs, sleep: () => Promise.resolve() },
  };
  const pass = (run: Partial<BackupRun> = {}) => advanceBackups({ world, signal: new AbortController().signal, ...run });
  const read = async (backupId: string) => fromDocument((await (await database()).doc(`backups/${backupId}`).get()).data() ?? {}) as Backup;
  return {
    ...{ clock, world, gcs, keyEmail, directory, pass, read },
    async holdsOf(backupId) {
      const [files] = await bucket.getFiles();
      const own = files.filter(({ name }) => name.includes(backupId));
      return new Map(own.map(({ name, metadata }) => [name, metadata.temporaryHold === true]));
    },
    async start() {
      return (await startBackup({ world })).backup.backupId;
    },
    async finish(backupId, run) {
      for (let passes = 0; passes < 40; passes += 1) {
        await pass(run);
        const backup = await read(backupId);
        if (backup.state === 'failed' || (backup.state === 'verified' && backup.comparison?.state !== 'running')) return backup;
        clock.advance(BACKUP_BOUNDS.againMs + 1_000);
      }
      throw new Error(`still ${(await read(backupId)).state}`);
    },
    async close() {
      await closeDatabase();
      await gcs.close();
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** @returns the uids, of people with passwords */
export async function fill(people = 3, things = 40): Promise<string[]> {
  const db = await database();
  const uids: string[] = [];
  for (let at = 0; at < people; at += 1) {
    const { uid } = await authAdmin((auth) => auth.createUser({ email: `p${at}-${Date.now()}@sori.example`, password: 'sori-local-only' }));
    uids.push(uid);
    await db.doc(`users/${uid}`).set({ uid, email: `p${at}@sori.example`, createdAt: new Date() });
    await db.doc(`userPrivate/${uid}`).set({ role: 'user', disabled: false, validAfterAt: new Date(0) });
  }
  const writer = db.bulkWriter();
  for (let at = 0; at < things; at += 1) {
    void writer.set(db.doc(`songs/song${String(at).padStart(4, '0')}`), {
      title: `노래 ${at}`,
      ownerId: uids[at % people],
      plays: at / 3,
      tags: ['a', null],
    });
  }
  await writer.close();
  return uids;
}
