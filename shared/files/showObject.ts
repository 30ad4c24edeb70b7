import { storesDown } from '#shared/access';
import { MediaFault, type MediaStore, mediaStores, type StoredObject } from '#shared/media';
import { type Clock, log, problem } from '#shared/runtime';
import { reportLost } from './store.ts';
import { findCopy } from './verifyCopy.ts';

export interface ShowOptions {
  now: Date;
  clock: Clock;
  /** Ends when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Of what it belongs to. Its bytes are the same ever since there was something to hear or see. */
  createdAt: string;
  /** Saved under this name instead of played. */
  downloadName?: string;
}

const RETRY_AFTER_S = 30;
/** The bytes under a name never change; what may change is who is allowed to have them. */
const PRIVATE_CACHE_S = 3600;
/** A redirect is kept a little shorter than its URL lives, for clocks that differ. */
const CLOCK_SKEW_S = 60;
/** What one answer carries when URLs cannot be signed: docs/decisions/0021. */
const PASSED_THROUGH_BYTES = 8 * 1024 * 1024;
/** So long nobody tries to sign again after it failed; then one request does. */
const SIGNING_PAUSE_MS = 15_000;

/**
 * An object as an answer: a redirect where its store can sign URLs, else its bytes. A listen stays with the store that its ticket
 * names while that works; else any other that has it serves. While a bucket can be read and only signing fails, and nobody else
 * has it, single ranges of 8 MiB at most are passed through.
 *
 * @throws `feature_unavailable` when it cannot be read now
 */
export async function showObject(object: StoredObject, { now, clock, signal, createdAt, downloadName }: ShowOptions) {
  const named = downloadName === undefined ? {} : { downloadName: safeName(downloadName) };
  const about = { ...named, modifiedAt: new Date(createdAt) };
  const stores = await storesInOrder(object.storeId, clock);
  for (const store of stores) {
    if (!(await isThere(store, object, now))) continue;
    if (!store.signRead) return { ...file(store, object, signal), ...about };
    const signed = await signRead(store, object.name, { now: now.getTime(), ...named });
    if (signed) return redirect(signed, now);
  }
  const bucket = stores.find((store) => store.signRead);
  if (!bucket) throw unavailable(new Error(`no store of MEDIA_STORES has ${object.name}`));
  return { ...file(bucket, object, signal), ...about, mostBytesAtOnce: PASSED_THROUGH_BYTES };
}

/** The one that is named first. Those that are known to be down are not asked while another works. */
async function storesInOrder(storeId: string, clock: Clock): Promise<MediaStore[]> {
  const stores = mediaStores();
  if (stores.length === 1) return stores;
  const down = await storesDown(clock);
  const working = stores.filter(({ id }) => !down.has(id));
  const isOther = ({ id }: MediaStore) => Number(id !== storeId);
  return (working.length > 0 ? working : stores).toSorted((one, other) => isOther(one) - isOther(other));
}

/** With one store nobody else could help, and opening it tells as well. */
async function isThere(store: MediaStore, object: StoredObject, now: Date): Promise<boolean> {
  if (mediaStores().length === 1) return true;
  try {
    if ((await findCopy(store, object)) === 'good') return true;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('media_store_failed', { storeId: store.id, error });
    return false;
  }
  await reportLost(object.name, store.id, now);
  return false;
}

/** Stores whose URLs could not be signed, and until when nobody tries again. */
const signingPauses = new Map<string, number>();

type SignedUrl = Awaited<ReturnType<NonNullable<MediaStore['signRead']>>>;

async function signRead(store: MediaStore, name: string, options: { now: number; downloadName?: string }): Promise<SignedUrl | undefined> {
  const pausedUntil = signingPauses.get(store.id);
  if (!store.signRead || (pausedUntil !== undefined && options.now < pausedUntil)) return undefined;
  // One request tries; those beside it do not wait for it.
  if (pausedUntil !== undefined) signingPauses.set(store.id, options.now + SIGNING_PAUSE_MS);
  try {
    const signed = await store.signRead(name, options);
    signingPauses.delete(store.id);
    return signed;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    signingPauses.set(store.id, options.now + SIGNING_PAUSE_MS);
    log.warn('urls_not_signed', { error });
    return undefined;
  }
}

function redirect({ url, expiresAt }: SignedUrl, now: Date) {
  const livesS = (expiresAt.getTime() - now.getTime()) / 1000;
  return { kind: 'redirect' as const, url, privateCacheS: Math.max(0, livesS - CLOCK_SKEW_S) };
}

function file(store: MediaStore, { name, bytes, sha256, contentType }: StoredObject, signal: AbortSignal) {
  return {
    kind: 'file' as const,
    bytes,
    contentType,
    etag: sha256,
    privateCacheS: PRIVATE_CACHE_S,
    open: async (range?: { start: number; end: number }) => {
      try {
        return (await store.open(name, range, signal)).body;
      } catch (error) {
        throw error instanceof MediaFault || signal.aborted ? unavailable(error) : error;
      }
    },
  };
}

// Line breaks end headers, separators lead into folders, marks of direction make a program look like a song.
const UNSAFE_IN_NAMES = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Titles are checked where they come in, but those of long ago and of imports come from elsewhere. */
function safeName(name: string): string {
  return name.replace(UNSAFE_IN_NAMES, '').replace(/[/\\]/g, '_');
}

function unavailable(cause: unknown) {
  return problem('feature_unavailable', { feature: 'streaming', reason: 'storage', retryAfterS: RETRY_AFTER_S }, cause);
}
