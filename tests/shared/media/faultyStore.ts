import { MediaFault, type MediaStore } from '../../../shared/media/port.ts';

/** Nothing has happened; half of it; all of it, and nobody is told. */
export type Strike = 'before' | 'during' | 'after';

/** A store that fails when a test says so. What it does when it works is what the store behind it does. */
export interface FaultyStore extends MediaStore {
  /** Strikes every call from now on. */
  strike: Strike | undefined;
}

export function createFaultyStore(store: MediaStore): FaultyStore {
  const struck = async <T>(work: () => Promise<T>): Promise<T> => {
    const { strike } = faulty;
    if (strike === 'before' || strike === 'during') throw away();
    if (strike !== 'after') return await work();
    await work().catch(() => undefined);
    throw away();
  };
  const faulty: FaultyStore = {
    strike: undefined,
    kind: store.kind,
    id: store.id,
    stage: (source, options) => {
      if (faulty.strike === 'during') return store.stage(breaking(source), options);
      return struck(() => store.stage(source, options));
    },
    publish: (staged, name) => struck(() => store.publish(staged, name)),
    discard: (staged) => struck(() => store.discard(staged)),
    open: (name, range, signal) => (faulty.strike ? Promise.reject(away()) : store.open(name, range, signal)),
    find: (name) => struck(() => store.find(name)),
    delete: (name) => struck(() => store.delete(name)),
    async *list(prefix, after) {
      if (faulty.strike) throw away();
      yield* store.list(prefix, after);
    },
  };
  return faulty;
}

/** As a disk that is full in the middle: some bytes have been taken. */
async function* breaking(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    yield chunk.subarray(0, chunk.length / 2);
    break;
  }
  throw away();
}

function away(): MediaFault {
  return new MediaFault('unavailable', 'struck');
}
