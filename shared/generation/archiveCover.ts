import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { drawCover, makeCover } from '#shared/images';
import { coverObjectName, type StoredObject } from '#shared/media';
import { openDownload } from '#shared/music';
import { log } from '#shared/runtime';
import { commit, isNobodysFault, type Lease, whileHolding } from './lease.ts';
import { removeStaged, stagingName, storeObject } from './objects.ts';
import { titleFrom } from './schema.ts';
import { cover, hold } from './transitions.ts';
import type { Work, WorkSong } from './work.ts';
import type { Worker } from './worker.ts';

/**
 * Stores the cover: the provider's if there is one that is a picture, else, when its time is over, one drawn here. It is the last
 * that is done for a song, so what attempts that died have left in storage goes before.
 */
export async function archiveCover(worker: Worker, lease: Lease<Work>, song: WorkSong, offeredUrl: string | null): Promise<void> {
  const { world, bounds, stores } = worker;
  const { songId } = song;
  const coverDueAtMs = Date.parse(song.coverDueAt ?? '');
  const url = world.clock.now() < coverDueAtMs ? offeredUrl : null;
  let stored: StoredObject | null = null;
  try {
    stored = await whileHolding(worker, lease, async (signal) => {
      const picture = url === null ? await draw(lease.record, songId) : await fetchPicture(worker, url, signal);
      const kept = await storePicture(worker, { songId, fence: lease.fence, picture, signal });
      await removeStaged(stores, songId);
      return kept;
    });
  } catch (error) {
    if (isNobodysFault(error)) throw error;
    log.warn('cover_not_archived', { generationId: lease.id, songId, error });
    // Tried again until its time is over; a song whose cover cannot even be drawn and stored in a day does without.
    if (world.clock.now() <= coverDueAtMs + bounds.storageMs) return;
  }
  await commit(lease, world, (work, now) => hold(cover(work, songId, stored, now, bounds), now, bounds));
}

function draw({ request }: Work, songId: string): Promise<Buffer> {
  return drawCover({ seed: songId, title: titleFrom(request) });
}

async function fetchPicture({ bounds, providerBaseUrl }: Worker, url: string, signal: AbortSignal): Promise<Buffer> {
  const limits = { providerBaseUrl, maxBytes: bounds.coverBytes, timeoutMs: bounds.coverTimeoutMs, signal };
  const { body } = await openDownload(url, limits);
  return (await makeCover(await buffer(body))).bytes;
}

interface Cover {
  songId: string;
  fence: number;
  picture: Buffer;
  signal: AbortSignal;
}

function storePicture({ store, bounds }: Worker, { songId, fence, picture, signal }: Cover): Promise<StoredObject> {
  return storeObject(store, Readable.from([picture]), {
    stagingName: stagingName(songId, fence, 'cover'),
    contentType: 'image/jpeg',
    maxBytes: bounds.coverBytes,
    signal,
    nameOf: (sha256) => coverObjectName(songId, sha256),
  });
}
