/** Finds Google's Firestore emulator on this machine, in a version that the Java at hand can run. */

import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** The class that the emulator is started with: the Cloud SDK's jar names none itself. */
export const EMULATOR_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';

export interface Jar {
  path: string;
  /** Oldest Java that can run it. */
  needsJava: number;
}

/** The first jar that this Java can run. */
export function chooseJar(jars: Jar[], javaVersion: number): Jar | undefined {
  return jars.find((jar) => jar.needsJava <= javaVersion);
}

/** All jars there are, in the order in which they are preferred; files that are not the emulator are left out. */
export async function findJars(env: NodeJS.ProcessEnv = process.env): Promise<Jar[]> {
  const jars = await Promise.all(
    candidates(env).map(async (path) => {
      const needsJava = await javaNeededBy(path).catch(() => undefined);
      return needsJava === undefined ? [] : [{ path, needsJava }];
    }),
  );
  return jars.flat();
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const inSdk = join('platform', 'cloud-firestore-emulator', 'cloud-firestore-emulator.jar');
  const named = env['FIRESTORE_EMULATOR_JAR'];
  const paths = [...(named ? [named] : []), ...sdkFolders(env).map((folder) => join(folder, inSdk)), ...cachedJars(env)];
  return [...new Set(paths)].filter((path) => existsSync(path));
}

/** Where the Google Cloud SDK is: beside the `gcloud` on the path, else where its installers put it. */
function sdkFolders(env: NodeJS.ProcessEnv): string[] {
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => [join(folder, 'gcloud'), join(folder, 'gcloud.cmd')])
    .filter((file) => existsSync(file))
    .map((file) => dirname(dirname(realpathSync(file))));
  return [
    ...onPath,
    '/usr/lib/google-cloud-sdk',
    '/usr/share/google-cloud-sdk',
    '/snap/google-cloud-cli/current',
    '/opt/homebrew/share/google-cloud-sdk',
    '/usr/local/share/google-cloud-sdk',
    join(homedir(), 'google-cloud-sdk'),
    join(env['LOCALAPPDATA'] ?? homedir(), 'Google', 'Cloud SDK', 'google-cloud-sdk'),
  ];
}

/** What firebase-tools has fetched before, newest first. */
function cachedJars(env: NodeJS.ProcessEnv): string[] {
  const folder = env['FIREBASE_EMULATORS_PATH'] ?? join(homedir(), '.cache', 'firebase', 'emulators');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^cloud-firestore-emulator-v.*\.jar$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

/**
 * The oldest Java that can run the emulator in a jar, read from the version of its main class.
 *
 * @throws when the file is no jar, or another program's
 * @see JVM specification, table 4.1-A: class file version = Java version + 44
 */
export async function javaNeededBy(jar: string): Promise<number> {
  await using file = await open(jar);
  const header = await readEntry(file, `${EMULATOR_CLASS.replaceAll('.', '/')}.class`);
  if (header.readUInt32BE(0) !== 0xcafebabe) throw new Error(`${jar}: not a class file`);
  return header.readUInt16BE(6) - 44;
}

/** One file of a zip archive. @see APPNOTE.TXT of PKWARE, 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end) */
async function readEntry(file: FileHandle, name: string): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a zip archive');
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const nameAt = directory.indexOf(name, 0, 'latin1');
  if (nameAt < 46) throw new Error(`${name} is not in the archive`);
  const entry = directory.subarray(nameAt - 46);
  const headerAt = entry.readUInt32LE(42);
  const local = await read(file, headerAt, 30);
  const dataAt = headerAt + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const data = await read(file, dataAt, entry.readUInt32LE(20));
  return entry.readUInt16LE(10) === 0 ? data : inflateRawSync(data);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
