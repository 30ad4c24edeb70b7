import { MediaFault, type MediaStore, mediaStores, type SignedWrite } from '#shared/media';
import { problem } from '#shared/runtime';
import type { Upload } from './schema.ts';

const RETRY_AFTER_S = 30;
/** Only an operator can change what the deployment is made of. */
const RETRY_SETUP_AFTER_S = 3600;

type UploadStore = MediaStore & Required<Pick<MediaStore, 'signWrite'>>;

/** Where people write by themselves: the first bucket. @throws `feature_unavailable` where there is none */
export function uploadStore(): UploadStore {
  const store = mediaStores().find(isOpenToUploads);
  if (store) return store;
  const cause = new Error('MEDIA_STORES names no bucket, and only a bucket takes uploads');
  throw problem('feature_unavailable', { feature: 'uploads', reason: 'setup', retryAfterS: RETRY_SETUP_AFTER_S }, cause);
}

function isOpenToUploads(store: MediaStore): store is UploadStore {
  return store.signWrite !== undefined;
}

/** @throws `feature_unavailable` when it cannot be signed now */
export async function signUpload(
  { name, contentType, bytes }: Pick<Upload, 'name' | 'contentType' | 'bytes'>,
  now: Date,
): Promise<SignedWrite> {
  return await orUnavailable(uploadStore().signWrite(name, { now: now.getTime(), contentType, bytes }));
}

/** Faults of storage in the words of those who upload. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof MediaFault ? unavailable(error) : error;
  }
}

export function unavailable(cause: unknown, reason: 'storage' | 'load' = 'storage') {
  return problem('feature_unavailable', { feature: 'uploads', reason, retryAfterS: RETRY_AFTER_S }, cause);
}
