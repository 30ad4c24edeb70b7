/** All buckets and objects of one directory, in memory as an index and on disk as the truth. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#shared/runtime';
import { createTurns, type Turns } from '../google/turns.ts';
import { BucketDirectory } from './bucketDirectory.ts';
import { type Content, ContentWriter } from './contentWriter.ts';
import { refuse } from './gcsError.ts';
import { fileNameOf, isObjectName } from './objectNames.ts';
import { checkBeforeChange, type Preconditions } from './preconditions.ts';
import { type CorsRule, type Editable, StoredBucket, type StoredObject } from './storedObject.ts';

export interface NewObject {
  bucket: string;
  name: string;
  editable: Editable;
  conditions: Preconditions;
}

export class Storage {
  #directory: string;
  #clock: Clock;
  #buckets = new Map<string, BucketDirectory>();
  #turns: Turns = createTurns();
  #lastGeneration = 0;

  static async open(directory: string, clock: Clock): Promise<Storage> {
    const storage = new Storage(directory, clock);
    await mkdir(storage.#bucketsPath(), { recursive: true });
    await mkdir(storage.uploadsPath, { recursive: true });
    for (const name of await readdir(storage.#bucketsPath())) {
      const bucket = await BucketDirectory.load(join(storage.#bucketsPath(), name));
      if (!bucket) continue;
      storage.#buckets.set(name, bucket);
      storage.#lastGeneration = Math.max(storage.#lastGeneration, bucket.lastGeneration());
    }
    return storage;
  }

  private constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Where uploads stand until they are complete: on the same disk as the buckets, so that a rename can move them. */
  get uploadsPath(): string {
    return join(this.#directory, 'uploads');
  }

  newContent(): Promise<ContentWriter> {
    return ContentWriter.open(join(this.uploadsPath, `${randomUUID()}.part`));
  }

  buckets(): StoredBucket[] {
    const present = Array.from(this.#buckets.values(), ({ bucket }) => bucket).filter(({ deletedAt }) => deletedAt === undefined);
    return present.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  isDeleted(name: string): boolean {
    return this.#buckets.get(name)?.bucket.deletedAt !== undefined;
  }

  /** @throws 404 */
  bucket(name: string): BucketDirectory {
    const bucket = this.#buckets.get(name);
    if (!bucket || this.isDeleted(name)) throw refuse.noSuchBucket();
    return bucket;
  }

  /** @throws 409 when there is one of that name */
  createBucket(name: string, cors: CorsRule[], settings: Record<string, unknown> = {}): Promise<StoredBucket> {
    const now = this.#now();
    const parsed = StoredBucket.safeParse({ name, metageneration: 1, createdAt: now, updatedAt: now, cors, settings });
    if (!parsed.success) throw refuse.invalid(`Invalid bucket name: '${name}'`);
    return this.#turns.run(name, async () => {
      if (this.#buckets.has(name)) throw refuse.bucketExists();
      this.#buckets.set(name, await BucketDirectory.create(join(this.#bucketsPath(), name), parsed.data));
      return parsed.data;
    });
  }

  updateBucket(name: string, change: Partial<Pick<StoredBucket, 'cors' | 'members' | 'settings'>>): Promise<StoredBucket> {
    return this.#changeBucket(name, () => this.bucket(name), change);
  }

  /** Takes a bucket away with all that is in it, as Google does for 7 days before it is lost. @throws 404 */
  deleteBucket(name: string): Promise<StoredBucket> {
    return this.#changeBucket(name, () => this.bucket(name), { deletedAt: this.#now() });
  }

  /** Brings a deleted bucket back as it was. @throws 404 when there never was one of that name */
  restoreBucket(name: string): Promise<StoredBucket> {
    const find = () => this.#buckets.get(name) ?? this.bucket(name);
    return this.#changeBucket(name, find, { deletedAt: undefined });
  }

  #changeBucket(name: string, find: () => BucketDirectory, change: Partial<StoredBucket>): Promise<StoredBucket> {
    return this.#turns.run(name, async () => {
      const directory = find();
      const { bucket } = directory;
      await directory.setBucket({ ...bucket, ...change, metageneration: bucket.metageneration + 1, updatedAt: this.#now() });
      return directory.bucket;
    });
  }

  /** @throws 404 also when another generation than the present one is asked for: old ones are not kept */
  object(bucket: string, name: string, generation?: string | null): StoredObject {
    const object = this.bucket(bucket).get(name);
    if (!object || (generation && Number(generation) !== object.generation)) throw refuse.noSuchObject(bucket, name);
    return object;
  }

  /** Refuses early what `putObject` would refuse in the end. */
  checkNew({ bucket, name, conditions }: Omit<NewObject, 'editable'>): void {
    if (!isObjectName(name)) throw refuse.invalid('Invalid object name');
    const present = this.bucket(bucket).get(name);
    checkBeforeChange(present, conditions);
    if (present?.editable.temporaryHold) throw refuse.held(bucket, name);
  }

  /** Makes finished content an object, in place of the one of that name. @throws 404 bucket, 412 */
  putObject(wish: NewObject, content: Content): Promise<StoredObject> {
    return this.#inTurn(wish.bucket, wish.name, async () => {
      this.checkNew(wish);
      const object = this.#newObject(wish, content);
      await this.bucket(wish.bucket).put(object, content);
      return object;
    });
  }

  /** @param find - looks the source up, in the very moment of copying */
  copyObject(find: () => StoredObject, wish: Omit<NewObject, 'editable'>, editable?: Editable): Promise<StoredObject> {
    return this.#inTurn(wish.bucket, wish.name, async () => {
      this.checkNew(wish);
      const source = find();
      const copy = this.#newObject({ ...wish, editable: editable ?? source.editable }, source);
      await this.bucket(wish.bucket).putCopy(copy, this.bucket(source.bucket), source);
      return copy;
    });
  }

  updateObject(bucket: string, name: string, conditions: Preconditions, change: (editable: Editable) => Editable): Promise<StoredObject> {
    return this.#inTurn(bucket, name, async () => {
      const object = this.object(bucket, name);
      checkBeforeChange(object, conditions);
      const { metageneration } = object;
      const changed = { ...object, editable: change(object.editable), metageneration: metageneration + 1, updatedAt: this.#now() };
      await this.bucket(bucket).putMetadata(changed);
      return changed;
    });
  }

  deleteObject(bucket: string, name: string, conditions: Preconditions, generation?: string | null): Promise<void> {
    return this.#inTurn(bucket, name, async () => {
      const object = this.object(bucket, name, generation);
      checkBeforeChange(object, conditions);
      if (object.editable.temporaryHold) throw refuse.held(bucket, name);
      await this.bucket(bucket).remove(object);
    });
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }

  #newObject({ bucket, name, editable }: NewObject, content: Pick<StoredObject, 'bytes' | 'crc32c' | 'md5Hash'>): StoredObject {
    const { bytes, crc32c, md5Hash } = content;
    const generation = Math.max(this.#lastGeneration + 1, Math.floor(this.#clock.now() * 1000));
    this.#lastGeneration = generation;
    const contentFile = `${fileNameOf(name)}.${generation}`;
    const now = this.#now();
    return { bucket, name, generation, metageneration: 1, bytes, crc32c, md5Hash, createdAt: now, updatedAt: now, contentFile, editable };
  }

  #inTurn<T>(bucket: string, name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(`${bucket}/${name}`, work);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #bucketsPath(): string {
    return join(this.#directory, 'buckets');
  }
}
