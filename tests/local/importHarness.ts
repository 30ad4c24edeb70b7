/** The import as an operator runs it: a process of its own, against the emulators and a local Cloud Storage. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import type { Bucket } from '@google-cloud/storage';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { type Auth, getAuth, type UserRecord } from 'firebase-admin/auth';
import { startGcs } from '../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../scripts/local/google/index.ts';
import { emulators } from '../support/emulators.ts';
import { storageClient } from '../support/storageClient.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/import.ts');
const BUCKET = 'sori-media';

export interface Outcome {
  status: number | null;
  /** Fault lines. */
  faults: string[];
  /** Everything else that was said. */
  said: string;
}

/** Everything that an import can change. */
export interface State {
  /** By path. */
  documents: Record<string, Record<string, unknown>>;
  accounts: Record<string, unknown>[];
  /** Name to size and checksum. */
  objects: Record<string, string>;
}

export interface ImportTarget {
  projectId: string;
  jwtSecret: string;
  db: Firestore;
  auth: Auth;
  bucket: Bucket;
  /** Writes a description, and files by their names, into a new folder. @returns the description's path */
  describe(description: unknown, files?: Record<string, Buffer>): Promise<string>;
  start(args: string[]): ChildProcess;
  run(...args: string[]): Promise<Outcome>;
  state(): Promise<State>;
  close(): Promise<void>;
}

/** A project and a bucket of a test's own. */
export async function openImportTarget(): Promise<ImportTarget> {
  const projectId = `demo-${randomBytes(6).toString('hex')}`;
  const jwtSecret = randomBytes(48).toString('hex');
  const { firestoreHost, authHost } = emulators();
  const directory = await mkdtemp(join(tmpdir(), 'sori-import-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google });
  await gcs.createBucket(BUCKET);
  const key = await google.createServiceAccountKey(`media@${projectId}.iam.gserviceaccount.com`);
  const keyFile = join(directory, 'key.json');
  await writeFile(keyFile, JSON.stringify(key));
  const env = {
    ...{ PATH: process.env['PATH'], METADATA_SERVER_DETECTION: 'none', GOOGLE_CLOUD_PROJECT: projectId, JWT_SECRET: jwtSecret },
    ...{ MEDIA_STORES: `gcs:${BUCKET}`, GCS_KEY_FILE: keyFile, STORAGE_EMULATOR_HOST: gcs.url, GOOGLE_TOKEN_URL: google.tokenUrl },
    ...{ FIRESTORE_EMULATOR_HOST: firestoreHost, FIREBASE_AUTH_EMULATOR_HOST: authHost },
  };
  const app = initializeApp({ projectId }, projectId);
  const db = new Firestore({ projectId });
  const auth = getAuth(app);
  const bucket = storageClient({ url: gcs.url, tokenUrl: google.tokenUrl, key }).bucket(BUCKET);
  const start = (args: string[]) => spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    ...{ projectId, jwtSecret, db, auth, bucket, start },
    describe: (description, files = {}) => describeIn(directory, description, files),
    run: (...args) => outcomeOf(start(args)),
    state: () => readState(db, auth, bucket),
    async close() {
      await Promise.all([db.terminate(), deleteApp(app), gcs.close()]);
      await google.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function describeIn(directory: string, description: unknown, files: Record<string, Buffer>): Promise<string> {
  const folder = await mkdtemp(join(directory, 'described-'));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const file = join(folder, 'former.json');
  await writeFile(file, typeof description === 'string' ? description : JSON.stringify(description));
  return file;
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const status = await new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const lines = err.split('\n').filter((line) => line !== '' && !line.startsWith('  … '));
  const isFault = (line: string) => /^(users|songs|images)\[\d+\]/.test(line);
  const rest = lines.filter((line) => !isFault(line)).join('\n');
  return { status, faults: lines.filter(isFault), said: out + rest };
}

async function readState(db: Firestore, auth: Auth, bucket: Bucket): Promise<State> {
  const snapshots = await Promise.all((await db.listCollections()).map((collection) => collection.get()));
  const documents = snapshots.flatMap(({ docs }) => docs).map((document) => [document.ref.path, plain(document.data())] as const);
  const { users } = await auth.listUsers();
  const [files] = await bucket.getFiles();
  const describe = ({ size, crc32c, contentType }: { size?: string | number; crc32c?: string; contentType?: string }) =>
    `${size} ${crc32c} ${contentType}`;
  return {
    documents: Object.fromEntries(documents),
    accounts: users.map(accountOf).sort((left, right) => left.uid.localeCompare(right.uid)),
    objects: Object.fromEntries(files.map(({ name, metadata }) => [name, describe(metadata)])),
  };
}

/** Timestamps as texts. */
function plain(data: FirebaseFirestore.DocumentData): Record<string, unknown> {
  const shown = (value: unknown) =>
    value instanceof Object && 'toDate' in value ? (value as { toDate(): Date }).toDate().toISOString() : value;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, shown(value)]));
}

/** Without the times, which are Auth's own, and the random salt of a password. */
function accountOf({ uid, email, displayName, disabled, emailVerified, passwordHash }: UserRecord) {
  return { uid, email, displayName, disabled, emailVerified, hasPassword: passwordHash !== undefined };
}
