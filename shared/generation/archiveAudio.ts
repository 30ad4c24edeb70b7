import { AudioUnreadable, createFrameCounter, type FrameCounter, MediaFault, songObjectName } from '#shared/media';
import { openDownload, type ProviderTask } from '#shared/music';
import { log } from '#shared/runtime';
import type { MediaObject } from '#shared/songs';
import { stagingName } from './objects.ts';
import { commit, type Lease, LeaseLost } from './store.ts';
import { countDownload, hold, publish, waitForStorage } from './transitions.ts';
import { whileHolding } from './whileHolding.ts';
import type { Work } from './work.ts';
import type { Worker } from './worker.ts';

/** What is no sound at all will hardly become one: one more look at the task, and that is it. */
const TRIES_FOR_NO_AUDIO = 2;

/**
 * Brings a finished song into our storage: streamed, its frames counted as they pass, published under its checksum, and only
 * then shown as `ready` (G4). A crash in between leaves staged bytes that nobody reads; the next attempt begins anew.
 */
export async function archiveAudio(worker: Worker, lease: Lease<Work>, songId: string, task: ProviderTask): Promise<void> {
  const { world, bounds } = worker;
  const decide = (how: (work: Work, now: Date) => ReturnType<typeof hold>) =>
    commit(lease, world, (work, now) => hold(how(work, now), now, bounds));
  let stored: { audio: MediaObject; durationMs: number };
  try {
    stored = await whileHolding(worker, lease, (signal) =>
      fetchAudio(worker, { songId, fence: lease.fence, url: task.audioUrl ?? '', signal }),
    );
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    log.warn('song_not_archived', { generationId: lease.id, songId, error });
    if (error instanceof MediaFault && error.kind !== 'too_large') {
      await decide((work, now) => waitForStorage(work, songId, now, bounds));
    } else {
      const tries = error instanceof AudioUnreadable ? TRIES_FOR_NO_AUDIO : bounds.downloads.tries;
      await decide((work, now) => countDownload(work, songId, { tries, now }, bounds));
    }
    return;
  }
  const { title, lyrics } = task;
  // Refused when the owner cancelled meanwhile: what was stored is then removed by the clean-up, which waits for this lease to end.
  await decide((work, now) => publish(work, { songId, ...stored, title, lyrics }, now, bounds));
}

interface Source {
  songId: string;
  fence: number;
  url: string;
  signal: AbortSignal;
}

async function fetchAudio({ bounds, store, providerBaseUrl }: Worker, { songId, fence, url, signal }: Source) {
  const { mostBytes: maxBytes, timeoutMs } = bounds.downloads;
  const { body } = await openDownload(url, { providerBaseUrl, maxBytes, timeoutMs, signal });
  const frames = createFrameCounter();
  const options = { stagingName: stagingName(songId, fence, 'audio'), contentType: 'audio/mpeg', maxBytes, signal };
  const staged = await store.stage(counted(body, frames), options);
  try {
    const { durationMs } = frames.end();
    signal.throwIfAborted(); // the lease may have been lost while the last bytes came
    const { name, bytes, sha256, contentType } = await store.publish(staged, songObjectName(songId, staged.sha256));
    return { audio: { storeId: store.id, name, bytes, sha256, contentType }, durationMs };
  } catch (error) {
    await store.discard(staged);
    throw error;
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, frames: FrameCounter): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    frames.push(chunk);
    yield chunk;
  }
}
