import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MediaFault, type MediaStore } from '#shared/media';
import type { Clock, World } from '#shared/runtime';

/** What one look at a store has shown; `undefined`: it took longer than the limit. */
export interface StoreProbe {
  canRead: boolean | undefined;
  canWrite: boolean | undefined;
  /** For operators: the code of the key's fault, else the kind of the store's, or `slow`; null when nothing was found wrong. */
  why: string | null;
  /** Something took too long while this process itself was late: that says nothing about the store. */
  isLate: boolean;
}

interface Part {
  isDone: boolean | undefined;
  why: string | null;
}

const DONE: Part = { isDone: true, why: null };
const SLOW: Part = { isDone: undefined, why: 'slow' };
const LATE: Part = { isDone: undefined, why: null };

/** The limit is made of beats, each with a timer of its own. */
const BEAT_MS = 500;
/** A timer that fires so much too late shows that the process stood still, or was held up, and with it the probe. */
const MOST_LATE_MS = 500;

/**
 * Writes a tiny object to a store, gives it its name, reads it back, compares and removes it. Beside that it looks for a name that
 * nobody has: a store that takes nothing any more can still give what it has.
 *
 * @param limitMs - for both, by the world's clock, in whole beats of 500 ms
 */
export async function probeStore(store: MediaStore, world: Pick<World, 'clock' | 'newId'>, limitMs: number): Promise<StoreProbe> {
  // Heavy, and loaded at the first use of a bucket: that is not the bucket's slowness.
  if (store.kind === 'gcs') await import('@google-cloud/storage');
  // What a probe that died leaves there goes with everything else that was staged and forgotten.
  const own = `staging/probe-${world.newId('clm')}`;
  const ended = new AbortController();
  const limit = untilLimit(world.clock, limitMs, ended.signal);
  const trip = { readBack: undefined as boolean | undefined };
  const [looking, writing] = await Promise.all([
    Promise.race([attempt(async () => void (await store.find(`${own}-nothing`))), limit]),
    Promise.race([attempt(() => makeTrip(store, own, trip, ended.signal)), limit]),
  ]);
  ended.abort(); // whoever is late no longer counts, and its bytes need not go on
  const parts = [writing, looking];
  return {
    canRead: trip.readBack === false ? false : looking.isDone,
    canWrite: writing.isDone,
    why: parts.find(({ isDone }) => isDone === false)?.why ?? parts.find(({ why }) => why !== null)?.why ?? null,
    isLate: parts.includes(LATE),
  };
}

/** Beats that are a little late, as in a busy process, only make the limit longer. */
async function untilLimit(clock: Clock, limitMs: number, signal: AbortSignal): Promise<Part> {
  let wasLate = false;
  for (let beats = 0; beats < limitMs / BEAT_MS && !signal.aborted; beats += 1) {
    const startedAtMs = clock.monotonicMs();
    await clock.sleep(BEAT_MS, signal);
    wasLate ||= clock.monotonicMs() - startedAtMs > BEAT_MS + MOST_LATE_MS;
  }
  return wasLate ? LATE : SLOW;
}

/** @param trip - told whether what was written could be read, as soon as that is known */
async function makeTrip(store: MediaStore, own: string, trip: { readBack: boolean | undefined }, signal: AbortSignal): Promise<void> {
  const bytes = Buffer.from(own);
  const options = { stagingName: `${own}-staged`, contentType: 'text/plain', maxBytes: bytes.length, signal };
  const staged = await store.stage(Readable.from([bytes]), options);
  const { name } = await store.publish(staged, own).catch(async (error: unknown) => {
    await store.discard(staged).catch(() => undefined);
    throw error;
  });
  trip.readBack = await isThere(store, name, bytes, signal);
  await store.delete(name);
  if (!trip.readBack) throw new MediaFault('damaged', 'what was written is not what is read');
}

async function isThere(store: MediaStore, name: string, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
  try {
    const { body } = await store.open(name, undefined, signal);
    return bytes.equals(await buffer(body));
  } catch (error) {
    if (error instanceof MediaFault) return false;
    throw error;
  }
}

async function attempt(work: () => Promise<void>): Promise<Part> {
  try {
    await work();
    return DONE;
  } catch (error) {
    return { isDone: false, why: error instanceof MediaFault ? (error.keyFault?.code ?? error.kind) : 'unavailable' };
  }
}
