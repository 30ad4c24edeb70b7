/**
 * The one way to objects: songs, covers, pictures. A store is a bucket or a directory.
 *
 * Objects never change: a name holds the checksum of its bytes, and a store refuses other bytes under it. So writing is safe to
 * repeat and safe twice at once, and two stores can be compared by name.
 */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { explainKeyFault, type KeyFault } from './keyFaults.ts';
import type { ByteRange } from './ranges.ts';

/** An object that has its name, and a store that has it. Documents keep it in this form. */
export const StoredObject = z.object({
  storeId: z.string(),
  name: z.string(),
  bytes: z.int(),
  /** Hex. */
  sha256: z.string(),
  contentType: z.string(),
});
export type StoredObject = z.output<typeof StoredObject>;

/** Bytes that are safe in the store, but not yet under a name that anyone reads. */
export interface StagedObject {
  storeId: string;
  stagingName: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  contentType: string;
  /** Which write it was, when the store tells: publishing takes these very bytes, or none. */
  generation?: string;
}

export interface StageOptions {
  /** Names one attempt; a leftover of the same name is replaced. */
  stagingName: string;
  contentType: string;
  /** One byte more is `too_large`. */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface OpenedObject {
  /** Of the whole object, also when only a range was asked for. */
  bytes: number;
  contentType: string;
  /** Whoever takes it must read it to its end or destroy it. */
  body: Readable;
}

export interface ListedObject {
  name: string;
  bytes: number;
  createdAt: Date;
}

export interface SignedUrl {
  url: string;
  expiresAt: Date;
}

export interface SignOptions {
  /** Milliseconds since the epoch. */
  now: number;
  /** Browsers save the bytes under this name instead of playing them. */
  downloadName?: string;
}

export interface SignWriteOptions {
  /** Milliseconds since the epoch. */
  now: number;
  contentType: string;
  /** No more and no fewer are taken. */
  bytes: number;
}

export interface SignedWrite extends SignedUrl {
  method: 'PUT';
  /** All of them have to be sent, as they are: they are signed. */
  headers: Record<string, string>;
}

/** Each method throws `MediaFault` and nothing else, but for faults of the given source or signal, which it throws as they are. */
export interface MediaStore {
  readonly kind: 'gcs' | 'local' | 'hybrid';
  /** Tells stores of a deployment apart, also in tickets and documents: `gcs:<bucket>`, `local:<directory>`. */
  readonly id: string;

  /** Streams to a staging name; memory does not grow with the object. When it fails, nothing can be read under that name. */
  stage(source: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedObject>;
  /** Gives staged bytes their name, then forgets the staged ones. Already there with the same bytes: success; with others: `damaged`. */
  publish(staged: StagedObject, name: string): Promise<StoredObject>;
  /** Removes a staged object; success when it is already gone. */
  discard(staged: StagedObject | string): Promise<void>;
  /**
   * @param signal - ends the opening of who no longer waits for it; what is open then is ended by its stream
   * @throws {MediaFault} `missing`; `damaged` when the range does not lie inside the object
   */
  open(name: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedObject>;
  find(name: string): Promise<StoredObject | undefined>;
  /** Success when it is already gone. */
  delete(name: string): Promise<void>;
  /** Everything whose name starts with `prefix`, staged objects too, in the order of names. @param after - a name: only what comes behind it */
  list(prefix: string, after?: string): AsyncIterable<ListedObject>;
  /** While it is held, nobody removes the object, a life-cycle rule neither. Safe to repeat; buckets only. @throws {MediaFault} */
  hold?(name: string, isHeld: boolean): Promise<void>;
  /** A URL that gives the bytes to anyone for the next 2 to 3 hours; the same for all instances within an hour. Buckets only. */
  signRead?(name: string, options: SignOptions): Promise<SignedUrl>;
  /**
   * A URL by which anyone may write an object once, of this type and length, in the next 15 minutes. What comes is a stranger's:
   * `find` knows no checksum of it, and nothing but `open` and `delete` is for it. Buckets only.
   */
  signWrite?(name: string, options: SignWriteOptions): Promise<SignedWrite>;
}

/**
 * - `missing`: the store works and does not have it
 * - `unavailable`: the store cannot be reached or does not work, or its key is at fault; later it may
 * - `forbidden`: the store refuses our account; an operator must act
 * - `too_large`: the source has more bytes than allowed
 * - `damaged`: what is stored is not what was written
 */
export type MediaFaultKind = 'missing' | 'unavailable' | 'forbidden' | 'too_large' | 'damaged';

/** The message is for operators and holds no key material. */
export class MediaFault extends Error {
  override name = 'MediaFault';
  readonly kind: MediaFaultKind;
  /** What is wrong on the way from the key to the bucket, when it is that: `explainKeyFault` says it to people. */
  readonly keyFault: KeyFault | undefined;

  constructor(kind: MediaFaultKind, message: string, cause?: unknown, keyFault?: KeyFault) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.keyFault = keyFault;
  }

  /** The fault of a key, in words. No cause: errors of parsers and answers of Google quote what they got. */
  static ofKey(keyFault: KeyFault, kind: MediaFaultKind = 'unavailable'): MediaFault {
    const { what, next } = explainKeyFault(keyFault);
    return new MediaFault(kind, `storage key (${keyFault.code}): ${what.en} ${next.en}`, undefined, keyFault);
  }
}
