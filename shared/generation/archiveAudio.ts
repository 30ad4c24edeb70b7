import { MediaFault, type StoredObject, songObjectName } from '#shared/media';
import { type DownloadOptions, openDownload, type ProviderTask } from '#shared/music';
import { log } from '#shared/runtime';
import { AudioUnreadable, createFrameCounter, type FrameCounter } from '#shared/songs';
import { commit, isNobodysFault, type Lease, whileHolding } from './lease.ts';
import { stagingName, storeObject } from './objects.ts';
import { type Change, countDownload, hold, isLastDownload, publish, waitForStorage } from './transitions.ts';
import type { Work, WorkSong } from './work.ts';
import type { Worker } from './worker.ts';

/** What is no sound at all will hardly become one: one more look at the task, and that is it. */
const TRIES_FOR_NO_AUDIO = 2;

/** Sound that is this much shorter than the provider says is taken for a file cut short, unless it comes again and again. */
const SHORTEST_SHARE = 0.9;

/** The frames hold much less than the provider has announced. */
class CutShort extends Error {
  override name = 'CutShort';
}

/**
 * Brings a finished song into our storage: streamed, its frames counted as they pass, published under its checksum, and only
 * then shown as `ready` (G4). A crash in between leaves staged bytes that nobody reads; the next attempt begins anew.
 */
export async function archiveAudio(worker: Worker, lease: Lease<Work>, song: WorkSong, task: ProviderTask): Promise<void> {
  const { world, bounds } = worker;
  const decide = (how: (work: Work, now: Date) => Change) => commit(lease, world, (work, now) => hold(how(work, now), now, bounds));
  const { songId } = song;
  let stored: { audio: StoredObject; durationMs: number };
  try {
    stored = await whileHolding(worker, lease, (signal) => fetchAudio(worker, { song, fence: lease.fence, task, signal }));
  } catch (error) {
    if (isNobodysFault(error)) throw error;
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
  // Refused when the owner cancelled meanwhile: what was stored is removed with the song.
  await decide((work, now) => publish(work, { songId, ...stored, title, lyrics }, now, bounds));
}

interface Source {
  song: WorkSong;
  fence: number;
  task: ProviderTask;
  signal: AbortSignal;
}

async function fetchAudio({ world, bounds, store, providerBaseUrl }: Worker, { song, fence, task, signal }: Source) {
  const { songId } = song;
  const { mostBytes: maxBytes, timeoutMs, tries } = bounds.downloads;
  const isLast = isLastDownload(song, { tries, now: new Date(world.clock.now()) }, bounds);
  const frames = createFrameCounter();
  let durationMs = 0;
  const audio = await storeObject(store, download(task.audioUrl ?? '', { providerBaseUrl, maxBytes, timeoutMs, signal }, frames), {
    stagingName: stagingName(songId, fence, 'audio'),
    contentType: 'audio/mpeg',
    maxBytes,
    signal,
    nameOf: (sha256) => {
      durationMs = frames.end().durationMs;
      if (!isLast && durationMs < SHORTEST_SHARE * (task.durationMs ?? 0)) throw new CutShort(`${durationMs} of ${task.durationMs} ms`);
      return songObjectName(songId, sha256);
    },
  });
  return { audio, durationMs };
}

/** Begins when the first byte is asked for: while our storage is down, the provider is left alone. */
async function* download(url: string, options: DownloadOptions, frames: FrameCounter): AsyncGenerator<Uint8Array> {
  const { body } = await openDownload(url, options);
  for await (const chunk of body) {
    frames.push(chunk);
    yield chunk;
  }
}
