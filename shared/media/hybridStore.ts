import { type Clock, systemClock } from '#shared/runtime';
import { checkObjectName } from './objectNames.ts';
import {
  type ListedObject,
  MediaFault,
  type MediaStore,
  type OpenedObject,
  type StagedObject,
  type StageOptions,
  type StoredObject,
} from './port.ts';
import type { ByteRange } from './ranges.ts';

/** So long a store that failed is asked last. */
const AVOIDED_MS = 60_000;

/**
 * Two stores or more as one. A write is safe as soon as one of them has it, and its answer says which; carrying it to the others
 * is for the journal (`shared/files`). What is read may come from any; what is deleted must go from all.
 *
 * @param stores - the first one that works is written to
 */
export function createHybridStore(stores: MediaStore[], clock: Clock = systemClock): MediaStore {
  return new HybridStore(stores, clock);
}

class HybridStore implements MediaStore {
  readonly kind = 'hybrid';
  readonly id: string;
  private readonly stores: MediaStore[];
  private readonly clock: Clock;
  private readonly failedAtMs = new Map<MediaStore, number>();

  constructor(stores: MediaStore[], clock: Clock) {
    this.id = stores.map(({ id }) => id).join(',');
    this.stores = stores;
    this.clock = clock;
  }

  stage(source: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedObject> {
    const once = untilTaken(source);
    return this.firstOf(
      (store) => store.stage(once.source, options),
      (fault) => fault.kind !== 'too_large' && !once.isTaken(), // what has passed cannot be had again
    );
  }

  publish(staged: StagedObject, name: string): Promise<StoredObject> {
    return this.storeOf(staged.storeId).publish(staged, name);
  }

  discard(staged: StagedObject | string): Promise<void> {
    if (typeof staged !== 'string') return this.storeOf(staged.storeId).discard(staged);
    return this.inAll((store) => store.discard(staged));
  }

  open(name: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedObject> {
    return this.firstOf((store) => store.open(name, range, signal));
  }

  async find(name: string): Promise<StoredObject | undefined> {
    checkObjectName(name);
    let found: StoredObject | undefined;
    await this.firstOf(async (store) => {
      found = await store.find(name);
      if (!found) throw new MediaFault('missing', 'no such object');
    }).catch((error: unknown) => {
      if (!(error instanceof MediaFault) || error.kind !== 'missing') throw error;
    });
    return found;
  }

  delete(name: string): Promise<void> {
    return this.inAll((store) => store.delete(name));
  }

  async *list(prefix: string, after?: string): AsyncGenerator<ListedObject> {
    const lists = this.stores.map((store) => store.list(prefix, after)[Symbol.asyncIterator]());
    const heads = await Promise.all(lists.map((list) => list.next()));
    for (;;) {
      const left = heads.flatMap((head) => (head.done ? [] : [head.value]));
      if (left.length === 0) return;
      const next = left.reduce((first, other) => (other.name < first.name ? other : first));
      yield next;
      for (const [index, head] of heads.entries()) {
        if (!head.done && head.value.name === next.name) heads[index] = await lists[index]!.next();
      }
    }
  }

  /** Those that failed lately come last. */
  private inOrder(): MediaStore[] {
    const now = this.clock.monotonicMs();
    const isAvoided = (store: MediaStore) => now - (this.failedAtMs.get(store) ?? Number.NEGATIVE_INFINITY) < AVOIDED_MS;
    return [...this.stores.filter((store) => !isAvoided(store)), ...this.stores.filter(isAvoided)];
  }

  /**
   * What the first store gives that does not fail.
   *
   * @throws {MediaFault} the one that says least: only what all of them miss is missing, and while one is away nothing is known
   */
  private async firstOf<T>(work: (store: MediaStore) => Promise<T>, isWorthMore: (fault: MediaFault) => boolean = () => true): Promise<T> {
    let worst: MediaFault | undefined;
    for (const store of this.inOrder()) {
      try {
        return await work(store);
      } catch (error) {
        if (!(error instanceof MediaFault)) throw error;
        if (error.kind === 'unavailable' || error.kind === 'forbidden') this.failedAtMs.set(store, this.clock.monotonicMs());
        if (!isWorthMore(error)) throw error;
        if (worst === undefined || vagueness(error) > vagueness(worst)) worst = error;
      }
    }
    throw worst;
  }

  /** All are tried, whatever the others do. @throws the first fault, when all have ended */
  private async inAll(work: (store: MediaStore) => Promise<void>): Promise<void> {
    const ends = await Promise.allSettled(this.stores.map(work));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private storeOf(id: string): MediaStore {
    const store = this.stores.find((each) => each.id === id);
    if (!store) throw new Error(`no store ${id} in MEDIA_STORES`);
    return store;
  }
}

function vagueness({ kind }: MediaFault): number {
  if (kind === 'missing') return 0;
  return kind === 'damaged' ? 1 : 2;
}

/** Tells whether anything of a source has been asked for. */
function untilTaken(source: AsyncIterable<Uint8Array>): { source: AsyncIterable<Uint8Array>; isTaken(): boolean } {
  let isTaken = false;
  return {
    isTaken: () => isTaken,
    source: {
      [Symbol.asyncIterator]() {
        const iterator = source[Symbol.asyncIterator]();
        return {
          next() {
            isTaken = true;
            return iterator.next();
          },
          return(value?: unknown) {
            isTaken = true; // ended: there is nothing to be had any more
            return iterator.return?.(value) ?? Promise.resolve({ done: true as const, value: undefined });
          },
        };
      },
    },
  };
}
