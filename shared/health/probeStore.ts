import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MediaFault, type MediaStore } from '#shared/media';
import type { World } from '#shared/runtime';

/** What one look at a store has shown. */
export interface StoreProbe {
  canRead: boolean;
  canWrite: boolean;
  /** For operators: the code of the key's fault, else the kind of the store's, or `slow`; null when it is whole. */
  why: string | null;
}

interface Part {
  isDone: boolean;
  why: string | null;
}

const DONE: Part = { isDone: true, why: null };
const SLOW: Part = { isDone: false, why: 'slow' };

/**
 * Writes a tiny object to a store, gives it its name, reads it back, compares and removes it. Beside that it looks for a name that
 * nobody has: a store that takes nothing any more can still give what it has.
 *
 * @param limitMs - for each of the two, by the world's clock: what takes longer counts as broken
 */
export async function probeStore(store: MediaStore, world: Pick<World, 'clock' | 'newId'>, limitMs: number): Promise<StoreProbe> {
  // What a probe that died leaves there goes with everything else that was staged and forgotten.
  const own = `staging/probe-${world.newId('clm')}`;
  const ended = new AbortController();
  const limited = (part: Promise<Part>) => Promise.race([part, world.clock.sleep(limitMs, ended.signal).then(() => SLOW)]);
  const trip = { readBack: undefined as boolean | undefined };
  const [looking, writing] = await Promise.all([
    limited(attempt(async () => void (await store.find(`${own}-nothing`)))),
    limited(attempt(() => makeTrip(store, own, trip, ended.signal))),
  ]);
  ended.abort(); // whoever is late no longer counts, and its bytes need not go on
  const canRead = looking.isDone && trip.readBack !== false;
  return { canRead, canWrite: writing.isDone, why: writing.why ?? looking.why };
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
