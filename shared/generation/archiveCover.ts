import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { coverObjectName, drawCover, inspectPicture, MediaFault } from '#shared/media';
import { openDownload } from '#shared/music';
import { log } from '#shared/runtime';
import type { MediaObject } from '#shared/songs';
import { stagingName } from './objects.ts';
import { commit, type Lease, LeaseLost } from './store.ts';
import { cover, hold } from './transitions.ts';
import { whileHolding } from './whileHolding.ts';
import type { Work, WorkSong } from './work.ts';
import type { Worker } from './worker.ts';

const DOWNLOAD_LIMIT_MS = 30_000;

/** Stores the cover: the provider's if there is one that is a picture, else, when its time is over, one drawn here. */
export async function archiveCover(worker: Worker, lease: Lease<Work>, song: WorkSong, offeredUrl: string | null): Promise<void> {
  const { world, bounds } = worker;
  const { songId } = song;
  const coverDueAtMs = Date.parse(song.coverDueAt ?? '');
  const url = world.clock.now() < coverDueAtMs ? offeredUrl : null;
  const stored = await whileHolding(worker, lease, async (signal) => {
    const picture = url === null ? await draw(lease.record, songId) : await fetchPicture(worker, url, signal);
    return picture && store(worker, { songId, fence: lease.fence, picture, signal });
  }).catch((error: unknown) => {
    if (error instanceof LeaseLost) throw error;
    log.warn('cover_not_archived', { generationId: lease.id, songId, error });
    return undefined;
  });
  // Tried again until its time is over; a song whose cover cannot even be drawn and stored in a day does without.
  const isHopeless = world.clock.now() > coverDueAtMs + bounds.storageMs;
  if (stored || isHopeless) await commit(lease, world, (work, now) => hold(cover(work, songId, stored ?? null, now, bounds), now, bounds));
}

function draw({ request }: Work, songId: string): Promise<Buffer> {
  return drawCover({ seed: songId, title: request.title ?? request.prompt.slice(0, 40) });
}

async function fetchPicture({ bounds, providerBaseUrl }: Worker, url: string, signal: AbortSignal): Promise<Buffer> {
  const limits = { providerBaseUrl, maxBytes: bounds.coverBytes, timeoutMs: DOWNLOAD_LIMIT_MS, signal };
  const { body } = await openDownload(url, limits);
  return (await inspectPicture(await buffer(body))).bytes;
}

interface Cover {
  songId: string;
  fence: number;
  picture: Buffer;
  signal: AbortSignal;
}

async function store({ store, bounds }: Worker, { songId, fence, picture, signal }: Cover): Promise<MediaObject> {
  const options = { stagingName: stagingName(songId, fence, 'cover'), contentType: 'image/jpeg', maxBytes: bounds.coverBytes, signal };
  const staged = await store.stage(Readable.from([picture]), options);
  signal.throwIfAborted();
  const published = await store.publish(staged, coverObjectName(songId, staged.sha256));
  if (published.bytes === 0) throw new MediaFault('damaged', 'an empty cover');
  return { storeId: store.id, ...published };
}
