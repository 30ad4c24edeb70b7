/** Files that are on the disk when a call returns, and that nobody ever sees in part. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes to a file of its own in `temporaryDirectory`, then moves it to `path`, where it replaces what stood there. */
export async function writeDurably(path: string, source: AsyncIterable<Uint8Array>, temporaryDirectory: string): Promise<void> {
  const temporary = await writeTemporary(source, temporaryDirectory);
  try {
    await makeDirectory(dirname(path));
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The same, but what stands at `path` stays. @returns whether `path` is now this file */
export async function createDurably(path: string, text: string, temporaryDirectory: string): Promise<boolean> {
  const temporary = await writeTemporary([Buffer.from(text)], temporaryDirectory);
  try {
    return await linkDurably(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a file a second name, unless that is taken. A hard link is the one step that is atomic and never replaces. */
export async function linkDurably(existing: string, path: string): Promise<boolean> {
  await makeDirectory(dirname(path));
  try {
    await link(existing, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Hex SHA-256 of a file. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The code of an error of the system, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

async function writeTemporary(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, randomUUID());
  const file = await open(path, 'wx');
  try {
    for await (const chunk of source) await file.writeFile(chunk); // awaited one by one: the source is not read ahead
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

/** A new directory is there after a power cut only when its parent has been synced. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
