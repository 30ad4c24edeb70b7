import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { log, type World } from '#shared/runtime';
import type { FileObject } from './schema.ts';
import { missingIn, without } from './store.ts';
import { verifyCopy } from './verifyCopy.ts';

interface Copying {
  world: World;
  signal: AbortSignal;
  fileId: string;
}

interface Copied {
  /** With the stores that have it now. */
  object: FileObject;
  /** Copies that were believed to be there and were not. */
  lost: number;
  /** Why it is not everywhere. */
  fault?: MediaFault;
}

/** Brings an object to the stores that lack it. What is there under its name already is read, and replaced only when it is not this object. */
export async function copyObject(object: FileObject, { world, signal, fileId }: Copying): Promise<Copied> {
  const state: Copied = { object, lost: 0 };
  for (const target of storesOf(missingIn(object))) {
    try {
      if (await isThere(target, object, signal)) state.object = withStore(state.object, target.id);
      else await copyTo(target, state, { signal, stagingName: `staging/${fileId}/copy-${world.newId('clm')}` });
    } catch (error) {
      if (!(error instanceof MediaFault)) throw error;
      state.fault = error;
    }
  }
  return state;
}

/** @returns false when there is nothing, or nothing good: that has then been removed */
async function isThere(target: MediaStore, object: FileObject, signal: AbortSignal): Promise<boolean> {
  const found = await verifyCopy(target, object, signal);
  if (found === 'damaged') await target.delete(object.name);
  return found === 'good';
}

async function copyTo(target: MediaStore, state: Copied, options: { signal: AbortSignal; stagingName: string }): Promise<void> {
  for (const source of storesOf(state.object.storeIds)) {
    if (await copyFrom(source, target, state.object, options)) {
      state.object = withStore(state.object, target.id);
      return;
    }
    state.lost += 1;
    state.object = without(state.object, source.id);
  }
  log.error('media_object_lost', { name: state.object.name });
  throw new MediaFault('missing', 'no store has a good copy');
}

/** @returns false when the source has not the object that it should have */
async function copyFrom(
  source: MediaStore,
  target: MediaStore,
  { name, bytes, sha256, contentType }: FileObject,
  { signal, stagingName }: { signal: AbortSignal; stagingName: string },
): Promise<boolean> {
  const opened = await source.open(name, undefined, signal).catch((error: unknown) => {
    if (error instanceof MediaFault && (error.kind === 'missing' || error.kind === 'damaged')) return undefined;
    throw error;
  });
  if (!opened) return false;
  try {
    const staged = await target.stage(opened.body, { stagingName, contentType, maxBytes: bytes, signal });
    if (staged.sha256 === sha256) {
      await target.publish(staged, name);
      return true;
    }
    await target.discard(staged);
    return false;
  } catch (error) {
    await target.discard(stagingName).catch(() => undefined);
    if (error instanceof MediaFault && error.kind === 'too_large') return false; // it is longer than it was
    throw error;
  } finally {
    opened.body.destroy();
  }
}

function withStore(object: FileObject, storeId: string): FileObject {
  return { ...object, storeIds: [...object.storeIds, storeId] };
}

function storesOf(ids: string[]): MediaStore[] {
  return mediaStores().filter(({ id }) => ids.includes(id));
}
