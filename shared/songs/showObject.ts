import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { problem } from '#shared/runtime';
import type { MediaObject } from './schema.ts';

export interface ShowOptions {
  now: Date;
  downloadName?: string;
}

const RETRY_AFTER_S = 30;
/** The bytes under a name never change; what may change is who is allowed to have them. */
const PRIVATE_CACHE_S = 3600;

/** An object as an answer: a redirect where the store can sign URLs, else its bytes. @throws `feature_unavailable` when it cannot be read now */
export async function showObject(object: MediaObject, { now, downloadName }: ShowOptions) {
  const store = mediaStores().find(({ id }) => id === object.storeId);
  if (!store) throw unavailable(new Error(`no store ${object.storeId} in MEDIA_STORES`));
  const options = { now: now.getTime(), ...(downloadName ? { downloadName } : {}) };
  try {
    return store.signRead ? redirect(await store.signRead(object.name, options), now) : file(store, object, downloadName);
  } catch (error) {
    throw error instanceof MediaFault ? unavailable(error) : error;
  }
}

function redirect({ url, expiresAt }: { url: string; expiresAt: Date }, now: Date) {
  return { kind: 'redirect' as const, url, privateCacheS: Math.max(0, (expiresAt.getTime() - now.getTime()) / 1000 - 60) };
}

function file(store: MediaStore, { name, bytes, sha256, contentType }: MediaObject, downloadName: string | undefined) {
  return {
    kind: 'file' as const,
    bytes,
    contentType,
    etag: sha256,
    privateCacheS: PRIVATE_CACHE_S,
    ...(downloadName ? { downloadName } : {}),
    open: async (range?: { start: number; end: number }) => {
      try {
        return (await store.open(name, range)).body;
      } catch (error) {
        throw error instanceof MediaFault ? unavailable(error) : error;
      }
    },
  };
}

function unavailable(cause: unknown) {
  return problem('feature_unavailable', { feature: 'streaming', reason: 'storage', retryAfterS: RETRY_AFTER_S }, cause);
}
