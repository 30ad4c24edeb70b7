import { existsSync } from 'node:fs';
import { access, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { log } from '#shared/runtime';
import { createDurably, errorCode, hashFile, linkDurably, writeDurably } from './durableFile.ts';
import { measured } from './measured.ts';
import { checkObjectName } from './objectNames.ts';
import {
  type ListedObject,
  MediaFault,
  type MediaStore,
  type OpenedObject,
  type StagedObject,
  type StageOptions,
  type StoredObject,
} from './port.ts';
import type { ByteRange } from './ranges.ts';

const Description = z.object({ bytes: z.int().min(0), sha256: z.string(), contentType: z.string() });
type Description = z.output<typeof Description>;

/** Behind the name of an object: what it is. An object exists when this file does; it is written last and removed first. */
const DESCRIPTION = '.~json';
/** Starts with a dot, which no object's name does. */
const TEMPORARY = '.temporary';
/** Read at once; a reader who is slow holds two of these. */
const PIECE_BYTES = 64 * 1024;
/** In a directory: the operator's word that it is a volume which outlives its users, and which is not there while this file is not. */
export const SHARED_VOLUME_MARKER = '.sori-shared-volume';
/** No write takes this long: what is older was left by a process that died. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/**
 * Objects as files in a directory; the object `songs/a/b.mp3` is the file of that path. Every write is on the disk (fsync of file
 * and directory) before it is acknowledged. When the directory goes away, or the marker of a shared volume with it, nothing in it
 * is missing: the store is `unavailable`.
 *
 * @param directory - has to be there
 * @param options.isVolume - it is a shared volume, whether its marker is there now or not
 */
export function createLocalStore(directory: string, { isVolume = false } = {}): MediaStore {
  const root = resolve(directory);
  const marker = join(root, SHARED_VOLUME_MARKER);
  return new LocalStore(root, isVolume || existsSync(marker) ? marker : root);
}

class LocalStore implements MediaStore {
  readonly kind = 'local';
  readonly id: string;
  private readonly root: string;
  private readonly temporary: string;
  /** While this is not there, nothing is known of what the store has. */
  private readonly sign: string;
  private cleaning: Promise<void> | undefined;
  /** Of objects that are read again and again: it never changes, and the file itself tells whether the object is still there. */
  private readonly described = new LRUCache<string, Description>({ max: 1000 });

  constructor(root: string, sign: string) {
    this.root = root;
    this.sign = sign;
    this.id = `local:${root}`;
    this.temporary = join(root, TEMPORARY);
  }

  async stage(source: AsyncIterable<Uint8Array>, { stagingName, contentType, maxBytes, signal }: StageOptions): Promise<StagedObject> {
    await guarded(() => this.requireSign()); // a write would make the directory anew
    this.cleaning ??= removeAbandoned(this.temporary).catch((error: unknown) => log.warn('temporary_files_not_removed', { error }));
    await this.cleaning;
    const passing = measured(source, maxBytes, signal);
    try {
      await writeDurably(this.path(stagingName), passing, this.temporary);
    } catch (error) {
      throw passing.failedWith(error) ? error : asFault(error);
    }
    return { storeId: this.id, stagingName, contentType, ...passing.result() };
  }

  publish(staged: StagedObject, name: string): Promise<StoredObject> {
    return guarded(async () => {
      const wanted = { bytes: staged.bytes, sha256: staged.sha256, contentType: staged.contentType };
      if (!(await this.isPublished(name, wanted))) await this.link(staged, name, wanted);
      await this.discard(staged);
      return { storeId: this.id, name, ...wanted };
    });
  }

  discard(staged: StagedObject | string): Promise<void> {
    return guarded(async () => {
      await rm(this.path(typeof staged === 'string' ? staged : staged.stagingName), { force: true });
      await this.requireSign();
    });
  }

  open(name: string, range?: ByteRange): Promise<OpenedObject> {
    return guarded(async () => {
      const found = this.described.get(name) ?? (await this.describe(name));
      const file = found && (await unlessGone(open(this.path(name))));
      this.described.delete(name);
      if (!file) await this.requireSign();
      if (!file) throw new MediaFault('missing', 'no such object');
      const { bytes, contentType } = found;
      const { size } = await file.stat();
      if (size !== bytes || (range && range.end >= bytes)) {
        await file.close();
        throw new MediaFault('damaged', 'the object has another size than expected');
      }
      this.described.set(name, found);
      return { bytes, contentType, body: file.createReadStream({ ...range, highWaterMark: PIECE_BYTES }) }; // it closes the file
    });
  }

  find(name: string): Promise<StoredObject | undefined> {
    return guarded(async () => {
      const description = await this.describe(name);
      if (!description) await this.requireSign();
      if (!description) return undefined;
      const file = await unlessGone(stat(this.path(name)));
      if (file?.size !== description.bytes) throw new MediaFault('damaged', 'the object has another size than expected');
      return { storeId: this.id, name, ...description };
    });
  }

  delete(name: string): Promise<void> {
    return guarded(async () => {
      await rm(this.path(name) + DESCRIPTION, { force: true });
      await rm(this.path(name), { force: true });
      await this.requireSign();
    });
  }

  async *list(prefix: string, after = ''): AsyncGenerator<ListedObject> {
    try {
      for await (const name of namesUnder(this.root, '', { prefix, after })) {
        const found = await unlessGone(stat(join(this.root, name)));
        if (found) yield { name, bytes: found.size, createdAt: found.mtime };
      }
      await this.requireSign();
    } catch (error) {
      throw asFault(error);
    }
  }

  /** Asked when something is not there: perhaps nothing is. */
  private requireSign(): Promise<void> {
    return access(this.sign);
  }

  private path(name: string): string {
    return join(this.root, checkObjectName(name));
  }

  private async describe(name: string): Promise<Description | undefined> {
    const text = await unlessGone(readFile(this.path(name) + DESCRIPTION, 'utf8'));
    if (text === undefined) return undefined;
    const parsed = Description.safeParse(parseJson(text));
    if (!parsed.success) throw new MediaFault('damaged', 'a description cannot be read');
    return parsed.data;
  }

  private async isPublished(name: string, wanted: Description): Promise<boolean> {
    const there = await this.describe(name);
    if (there && (there.sha256 !== wanted.sha256 || there.bytes !== wanted.bytes))
      throw new MediaFault('damaged', 'other bytes stand under this name');
    if (!there) return false;
    const file = await unlessGone(stat(this.path(name)));
    if (file?.size === there.bytes) return true;
    if (file) throw new MediaFault('damaged', 'the object has another size than expected');
    await rm(this.path(name) + DESCRIPTION, { force: true }); // of bytes that somebody has taken away
    return false;
  }

  /** The file first, its description last: a process that dies between leaves a file that nobody sees and that is found equal next time. */
  private async link(staged: StagedObject, name: string, wanted: Description): Promise<void> {
    const path = this.path(name);
    try {
      if ((await hashFile(this.path(staged.stagingName))) !== wanted.sha256)
        throw new MediaFault('damaged', 'the staged bytes have changed');
      const isLinked = await linkDurably(this.path(staged.stagingName), path);
      if (!isLinked && (await hashFile(path)) !== wanted.sha256) throw new MediaFault('damaged', 'other bytes stand under this name');
      if (!(await createDurably(path + DESCRIPTION, JSON.stringify(wanted), this.temporary))) await this.isPublished(name, wanted);
    } catch (error) {
      // Another worker may have published and removed the staged bytes between two of our steps.
      if (errorCode(error) !== 'ENOENT') throw error;
      if (await this.isPublished(name, wanted)) return;
      await this.requireSign();
      throw new MediaFault('missing', 'the staged bytes are gone');
    }
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFault(error);
  }
}

/** Faults of the disk mean `unavailable`; others are what they are. */
function asFault(error: unknown): unknown {
  const isOfDisk = typeof error === 'object' && error !== null && 'syscall' in error;
  return isOfDisk ? new MediaFault('unavailable', `the disk refused: ${errorCode(error)}`, error) : error;
}

async function removeAbandoned(directory: string): Promise<void> {
  const names = await unlessGone(readdir(directory));
  for (const name of names ?? []) {
    const found = await unlessGone(stat(join(directory, name)));
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(join(directory, name), { force: true });
  }
}

async function unlessGone<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Names below `directory`, which is `''` or ends with a slash, in their order; only directories that can hold such names are read. */
async function* namesUnder(root: string, directory: string, wanted: { prefix: string; after: string }): AsyncGenerator<string> {
  const { prefix, after } = wanted;
  const entries = (await unlessGone(readdir(join(root, directory), { withFileTypes: true }))) ?? [];
  const names = entries
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith(DESCRIPTION))
    .map((entry) => directory + entry.name + (entry.isDirectory() ? '/' : ''));
  for (const name of names.sort()) {
    if (!name.endsWith('/') && name.startsWith(prefix) && name > after) yield name;
    const isOnTheWay = name.startsWith(prefix) || prefix.startsWith(name);
    if (name.endsWith('/') && isOnTheWay && (name > after || after.startsWith(name))) yield* namesUnder(root, name, wanted);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
