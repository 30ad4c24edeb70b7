/**
 * One bucket on disk: `bucket.json`, and for each object `<hash of its name>.json` beside a file with its content.
 *
 * Contents are never written in place. The rename of the JSON file is the moment at which a new object counts;
 * a content that no JSON file names is what a kill left behind, and goes at the next start.
 */
import { linkSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeAtomically } from '../google/atomicFile.ts';
import type { Content } from './contentWriter.ts';
import { fileNameOf, inListingOrder } from './objectNames.ts';
import { StoredBucket, StoredObject } from './storedObject.ts';

const BUCKET_FILE = 'bucket.json';
const OBJECTS = 'objects';

export class BucketDirectory {
  #path: string;
  #bucket: StoredBucket;
  #objects = new Map<string, StoredObject>();
  #sortedNames: string[] | undefined;

  static async create(path: string, bucket: StoredBucket): Promise<BucketDirectory> {
    await mkdir(join(path, OBJECTS), { recursive: true });
    const directory = new BucketDirectory(path, bucket);
    await directory.setBucket(bucket);
    return directory;
  }

  /** @returns nothing when the bucket was never completely created */
  static async load(path: string): Promise<BucketDirectory | undefined> {
    const text = await readFile(join(path, BUCKET_FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const directory = new BucketDirectory(path, StoredBucket.parse(JSON.parse(text)));
    await directory.#loadObjects();
    return directory;
  }

  private constructor(path: string, bucket: StoredBucket) {
    this.#path = path;
    this.#bucket = bucket;
  }

  get bucket(): StoredBucket {
    return this.#bucket;
  }

  async setBucket(bucket: StoredBucket): Promise<void> {
    await writeAtomically(join(this.#path, BUCKET_FILE), JSON.stringify(bucket, null, 2));
    this.#bucket = bucket;
  }

  get(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  /** In listing order. */
  names(): string[] {
    this.#sortedNames ??= inListingOrder(this.#objects.keys());
    return this.#sortedNames;
  }

  /** The newest generation in the bucket. */
  lastGeneration(): number {
    return Math.max(0, ...Array.from(this.#objects.values(), ({ generation }) => generation));
  }

  /** A descriptor of the content as it is now. Synchronous, so that no replacement can come between lookup and opening. */
  openContent({ contentFile }: StoredObject): number {
    return openSync(this.#file(contentFile), 'r');
  }

  /** Puts a finished file in place as an object's content. The file is gone afterwards, also when this fails. */
  async put(object: StoredObject, content: Content): Promise<void> {
    await rename(content.path, this.#file(object.contentFile));
    await this.#replace(object);
  }

  /** Gives `copy` the content of `original`. Contents never change, so both can share one file. Synchronous for the reason of `openContent`. */
  async putCopy(copy: StoredObject, source: BucketDirectory, original: StoredObject): Promise<void> {
    linkSync(source.#file(original.contentFile), this.#file(copy.contentFile));
    await this.#replace(copy);
  }

  /** Changes metadata; the content stays. */
  async putMetadata(object: StoredObject): Promise<void> {
    await this.#replace(object);
  }

  async remove({ name, contentFile }: StoredObject): Promise<void> {
    await rm(this.#file(`${fileNameOf(name)}.json`));
    this.#objects.delete(name);
    this.#sortedNames = undefined;
    await syncDirectory(join(this.#path, OBJECTS));
    await rm(this.#file(contentFile), { force: true });
  }

  async #replace(object: StoredObject): Promise<void> {
    const before = this.#objects.get(object.name);
    await writeAtomically(this.#file(`${fileNameOf(object.name)}.json`), JSON.stringify(object));
    this.#objects.set(object.name, object);
    if (!before) this.#sortedNames = undefined;
    if (before && before.contentFile !== object.contentFile) await rm(this.#file(before.contentFile), { force: true });
  }

  async #loadObjects(): Promise<void> {
    const files = await readdir(join(this.#path, OBJECTS));
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const object = StoredObject.parse(JSON.parse(await readFile(this.#file(file), 'utf8')));
      this.#objects.set(object.name, object);
    }
    const wanted = new Set(Array.from(this.#objects.values(), ({ contentFile }) => contentFile));
    const leftovers = files.filter((name) => !name.endsWith('.json') && !wanted.has(name));
    await Promise.all(leftovers.map((name) => rm(this.#file(name), { force: true })));
  }

  #file(name: string): string {
    return join(this.#path, OBJECTS, name);
  }
}
