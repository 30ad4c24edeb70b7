/**
 * The last part of a sweep: uploads that are over, or that nobody can finish any more. A record goes once its address has lapsed and
 * nothing stands there: what has come has been removed by the first part, as soon as it was a day old. Until then the record says
 * whose the bytes are, for his allowance and for his erasure.
 */
import { z } from 'zod';
import { ADDRESS_LIFE_MS } from '#shared/images';
import { MediaFault, mediaStores } from '#shared/media';
import { fromDocument, inParallel, log } from '#shared/runtime';
import { pagesOf } from './pagesOf.ts';
import type { Sweep } from './sweep.ts';

const Upload = z.object({ storeId: z.string(), name: z.string(), expireAt: z.iso.datetime() });
type Upload = z.output<typeof Upload>;

/** @param after - the last id that has been looked at */
export async function* sweepUploads(sweep: Sweep, after?: string): AsyncGenerator<string> {
  const { world, bounds, isDryRun, counts } = sweep;
  for await (const page of pagesOf('uploads', undefined, after)) {
    await inParallel(page, bounds.atOnce, async (snapshot) => {
      const upload = Upload.safeParse(fromDocument(snapshot.data() ?? {})).data;
      if (!upload) {
        log.error('upload_record_unreadable', { imageId: snapshot.id });
        counts.unreadableRecords += 1;
        return;
      }
      // Asked for again at the very end, an address outlives its upload.
      const isLapsed = world.clock.now() - Date.parse(upload.expireAt) > ADDRESS_LIFE_MS;
      if (!isLapsed || !(await isGone(upload, sweep))) return;
      if (!isDryRun) await snapshot.ref.delete();
      counts.uploadRecordsRemoved += 1;
    });
    yield page.at(-1)!.id;
  }
}

/** For a dry run also what the first part would have removed. Of a store that is not there nobody knows. */
async function isGone({ storeId, name }: Upload, sweep: Sweep): Promise<boolean> {
  const { stores, counts, isDryRun, ownStores, bounds, world } = sweep;
  const store = mediaStores().find(({ id }) => id === storeId);
  try {
    if (!store) throw new MediaFault('unavailable', `MEDIA_STORES names ${storeId} no longer`);
    const left = await stores.ask(store, async () => {
      for await (const object of store.list(name)) if (object.name === name) return object;
      return undefined;
    });
    const isOld = left !== undefined && world.clock.now() - left.createdAt.getTime() > bounds.untouchedMs;
    return !left || (isDryRun && isOld && ownStores.has(store));
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('upload_not_looked_at', { storeId, name, error });
    counts.failed += 1;
    return false;
  }
}
