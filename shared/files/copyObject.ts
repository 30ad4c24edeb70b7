import { MediaFault, type MediaStore, type StagedObject } from '#shared/media';
import type { World } from '#shared/runtime';
import type { FileObject } from './schema.ts';
import { without } from './store.ts';
import type { StoresInUse } from './storesInUse.ts';
import { isLoss, readCopy, verifyCopy } from './verifyCopy.ts';

interface Copying {
  world: World;
  signal: AbortSignal;
  fileId: string;
  stores: StoresInUse;
}

interface Copied {
  /** With the stores that have it now. */
  object: FileObject;
  /** Copies that were believed to be there and were not. */
  lost: number;
  /** Why it is not everywhere: `missing` when no store has a good copy. */
  fault?: MediaFault;
}

/**
 * Brings an object to the stores that lack it. What is there under its name already is read; when it is not this object, it goes,
 * but only when a good copy lies in that store, ready to take its place.
 */
export async function copyObject(object: FileObject, copying: Copying): Promise<Copied> {
  const { stores, signal } = copying;
  const state: Copied = { object, lost: 0 };
  for (const target of stores.all.filter(({ id }) => !object.storeIds.includes(id))) {
    try {
      const found = await stores.ask(target, () => verifyCopy(target, object, signal));
      if (found !== 'good') await copyTo(target, state, { ...copying, isDamaged: found === 'damaged' });
      state.object = { ...state.object, storeIds: [...state.object.storeIds, target.id] };
    } catch (error) {
      if (!(error instanceof MediaFault)) throw error;
      state.fault = error;
    }
  }
  return state;
}

/** From any store that has a good one. What turns out to be none is told in `state`. */
async function copyTo(target: MediaStore, state: Copied, copying: Copying & { isDamaged: boolean }): Promise<void> {
  const { stores, isDamaged } = copying;
  let fault: MediaFault | undefined;
  for (const source of stores.all.filter(({ id }) => state.object.storeIds.includes(id))) {
    const staged = await stageFrom(source, target, state.object, copying);
    if (!(staged instanceof MediaFault)) {
      return await stores.ask(target, () => replace(target, staged, { name: state.object.name, isDamaged }));
    }
    if (isLoss(staged)) {
      state.lost += 1;
      state.object = without(state.object, source.id);
    } else fault ??= staged;
  }
  throw fault ?? new MediaFault('missing', 'no store has a good copy');
}

/** @returns what is wrong with the source. @throws {MediaFault} of the target */
async function stageFrom(
  source: MediaStore,
  target: MediaStore,
  { name, bytes, sha256, contentType }: FileObject,
  { world, stores, signal, fileId }: Copying,
): Promise<StagedObject | MediaFault> {
  let fault: MediaFault | undefined;
  let waitsFor = target;
  async function* watched() {
    try {
      stores.check(source);
      waitsFor = source;
      for await (const chunk of readCopy(source, name, signal)) {
        waitsFor = target;
        yield chunk;
        waitsFor = source;
      }
      waitsFor = target;
    } catch (error) {
      if (error instanceof MediaFault) fault = error;
      throw error;
    }
  }
  const stagingName = `staging/${fileId}/copy-${world.newId('clm')}`;
  try {
    const staged = await target.stage(watched(), { stagingName, contentType, maxBytes: bytes, signal });
    if (staged.sha256 === sha256) return staged;
    fault = new MediaFault('damaged', 'the copy has other bytes');
    await target.discard(staged).catch(() => undefined);
  } catch (error) {
    if (error instanceof MediaFault && error.kind === 'too_large') fault = new MediaFault('damaged', 'the copy is longer than it was');
    stores.note(fault ? source : waitsFor, fault ?? error);
    if (!fault) throw error;
  }
  return fault;
}

/** Publishing replaces nothing, and of something damaged that stands there it may be content with the description. */
async function replace(target: MediaStore, staged: StagedObject, { name, isDamaged }: { name: string; isDamaged: boolean }): Promise<void> {
  try {
    if (isDamaged) await target.delete(name);
    await target.publish(staged, name).catch(async (error: unknown) => {
      // Bytes that a process left which died before it described them: nobody sees them, and they are in the way.
      if (!(error instanceof MediaFault) || error.kind !== 'damaged') throw error;
      await target.delete(name);
      await target.publish(staged, name);
    });
  } catch (error) {
    await target.discard(staged).catch(() => undefined);
    throw error;
  }
}
