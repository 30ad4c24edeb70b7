import type { Bucket, File } from '@google-cloud/storage';
import { systemWorld, type World } from '#shared/runtime';
import { type Credentials, createCredentials, type KeySource } from './credentials.ts';
import { asMediaFault, type CallContext, type CallLimits, callGcs, GcsRefusal } from './gcsCall.ts';
import type { GcsAddress } from './gcsClient.ts';
import type { Gcs } from './gcsRequest.ts';
import { measured } from './measured.ts';
import { checkObjectName } from './objectNames.ts';
import {
  type ListedObject,
  MediaFault,
  type MediaStore,
  type OpenedObject,
  type SignedUrl,
  type SignedWrite,
  type SignOptions,
  type SignWriteOptions,
  type StagedObject,
  type StageOptions,
  type StoredObject,
} from './port.ts';
import type { ByteRange } from './ranges.ts';

export interface GcsStoreOptions extends GcsAddress {
  /** A given key; without one, application default credentials. */
  keys?: KeySource | undefined;
  /** Where a key's assertion is exchanged, when that is not Google's own address. */
  tokenUrl?: string | undefined;
  world?: Pick<World, 'clock' | 'random'>;
  limits?: CallLimits;
}

const PAGE_OBJECTS = 1000;
/** A listener waits for it, and there is another way to the bytes: it is not tried for long. */
const SIGNING_LIMITS: CallLimits = { tryMs: 3000, totalMs: 3000 };
/** Objects never change, but signed URLs are no one else's to keep. */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

/** Objects in a bucket of Google Cloud Storage. Nothing is loaded or connected before the first call. */
export function createGcsStore(options: GcsStoreOptions): MediaStore {
  return new GcsStore(options);
}

class GcsStore implements MediaStore {
  readonly kind = 'gcs';
  readonly id: string;
  private readonly options: GcsStoreOptions;
  private readonly credentials: Credentials | undefined;
  private readonly context: CallContext;
  private connecting: Promise<Gcs> | undefined;

  constructor(options: GcsStoreOptions) {
    const { bucketName, keys, tokenUrl, world = systemWorld, limits } = options;
    this.id = `gcs:${bucketName}`;
    this.options = options;
    this.credentials = keys && createCredentials(keys, world.clock, tokenUrl);
    this.context = { world, limits, distrust: () => this.credentials?.distrust() };
  }

  async stage(source: AsyncIterable<Uint8Array>, { stagingName, contentType, maxBytes, signal }: StageOptions): Promise<StagedObject> {
    const passing = measured(source, maxBytes, signal);
    try {
      const gcs = await this.gcs();
      const leftover = await this.describe(checkObjectName(stagingName));
      const upload = { name: stagingName, contentType, ifGenerationMatch: leftover?.generation ?? '0', signal };
      const { generation } = await (await import('./gcsUpload.ts')).uploadToGcs(gcs, passing, upload);
      return { storeId: this.id, stagingName, contentType, generation, ...passing.result() };
    } catch (error) {
      throw passing.failedWith(error) ? error : asMediaFault(error);
    }
  }

  async publish(staged: StagedObject, name: string): Promise<StoredObject> {
    const { bytes, sha256, contentType } = staged;
    const wanted = { storeId: this.id, name: checkObjectName(name), bytes, sha256, contentType };
    try {
      await this.call((file) => copyTo(file(staged.stagingName, staged.generation), file(name).name, wanted));
    } catch (error) {
      // 412: the name is taken, perhaps by our own call whose answer was lost. 404: another worker may have been first.
      const isThere = error instanceof GcsRefusal && (error.status === 412 || error.status === 404) && (await this.isPublished(wanted));
      if (!isThere) throw asMediaFault(error);
    }
    await this.discard(staged);
    return wanted;
  }

  discard(staged: StagedObject | string): Promise<void> {
    if (typeof staged === 'string') return this.remove(staged);
    return this.remove(staged.stagingName, staged.generation);
  }

  async open(name: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedObject> {
    const gcs = await this.gcs();
    const { downloadFromGcs } = await import('./gcsDownload.ts');
    return faultsOf(downloadFromGcs(gcs, checkObjectName(name), range, signal));
  }

  async find(name: string): Promise<StoredObject | undefined> {
    const found = await faultsOf(this.describe(checkObjectName(name)));
    if (!found) return undefined;
    const sha256 = found.metadata?.['sha256'];
    if (typeof sha256 !== 'string') throw new MediaFault('damaged', 'Google Cloud Storage: the object has no checksum of ours');
    const contentType = found.contentType ?? 'application/octet-stream';
    return { storeId: this.id, name, bytes: Number(found.size), sha256, contentType };
  }

  delete(name: string): Promise<void> {
    return this.remove(name);
  }

  async *list(prefix: string, after?: string): AsyncGenerator<ListedObject> {
    const { client } = await this.gcs();
    let pageToken: string | undefined;
    do {
      const from = { ...(after === undefined ? {} : { startOffset: after }), ...(pageToken ? { pageToken } : {}) };
      const query = { prefix, maxResults: PAGE_OBJECTS, autoPaginate: false, ...from };
      const [files, next] = await faultsOf(callGcs(() => client.bucket.getFiles(query), this.context));
      for (const { name, metadata } of files) {
        if (name === after) continue;
        yield { name, bytes: Number(metadata.size), createdAt: new Date(metadata.timeCreated ?? 0) };
      }
      pageToken = (next as { pageToken?: string } | null)?.pageToken;
    } while (pageToken);
  }

  async hold(name: string, isHeld: boolean): Promise<void> {
    await faultsOf(this.call((file) => file(checkObjectName(name)).setMetadata({ temporaryHold: isHeld })));
  }

  signRead(name: string, options: SignOptions): Promise<SignedUrl> {
    return this.sign(async (bucket) => (await import('./gcsClient.ts')).signReadUrl(bucket, checkObjectName(name), options));
  }

  signWrite(name: string, options: SignWriteOptions): Promise<SignedWrite> {
    return this.sign(async (bucket) => (await import('./gcsClient.ts')).signWriteUrl(bucket, checkObjectName(name), options));
  }

  private async sign<T>(make: (bucket: Bucket) => Promise<T>): Promise<T> {
    const { client } = await this.gcs();
    const work = async () => {
      await this.credentials?.clientEmail(); // a faulty key is named here; the client would keep only a part of its text
      return make(client.bucket);
    };
    return faultsOf(callGcs(work, { ...this.context, limits: SIGNING_LIMITS }));
  }

  private gcs(): Promise<Gcs> {
    this.connecting ??= import('./gcsClient.ts').then(({ connectGcs }) => ({
      client: connectGcs(this.options, this.credentials),
      context: this.context,
    }));
    return this.connecting;
  }

  private async call<T>(work: (file: (name: string, generation?: string) => File) => Promise<T>): Promise<T> {
    const { client } = await this.gcs();
    return callGcs(
      () => work((name, generation) => client.bucket.file(name, generation === undefined ? {} : { generation })),
      this.context,
    );
  }

  private async describe(name: string) {
    try {
      const [metadata] = await this.call((file) => file(name).getMetadata());
      return { ...metadata, generation: String(metadata.generation) };
    } catch (error) {
      const fault = asMediaFault(error);
      if (fault instanceof MediaFault && fault.kind === 'missing') return undefined;
      throw error;
    }
  }

  private async isPublished(wanted: StoredObject): Promise<boolean> {
    const there = await this.find(wanted.name);
    if (there && (there.sha256 !== wanted.sha256 || there.bytes !== wanted.bytes)) {
      throw new MediaFault('damaged', 'Google Cloud Storage: other bytes stand under this name');
    }
    return there !== undefined;
  }

  /** Removes what stands there now, or only the generation given. */
  private async remove(name: string, generation?: string): Promise<void> {
    try {
      const which = generation ?? (await this.describe(checkObjectName(name)))?.generation;
      if (which !== undefined) await this.call((file) => file(name).delete({ ifGenerationMatch: which }));
    } catch (error) {
      const isGone = error instanceof GcsRefusal && error.status === 412;
      const fault = asMediaFault(error);
      if (!isGone && !(fault instanceof MediaFault && fault.kind === 'missing')) throw fault;
    }
  }
}

function copyTo(staged: File, name: string, { contentType, sha256 }: StoredObject) {
  const options = { contentType, cacheControl: CACHE_CONTROL, metadata: { sha256 }, preconditionOpts: { ifGenerationMatch: 0 } };
  return staged.copy(staged.bucket.file(name), options);
}

async function faultsOf<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asMediaFault(error);
  }
}
