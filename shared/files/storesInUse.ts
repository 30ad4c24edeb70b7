import { MediaFault, type MediaStore, mediaStores } from '#shared/media';

/** A store has not done its part of a file in the time that a file may take. */
export class TookTooLong extends Error {
  override name = 'TookTooLong';
}

/** So many failures in a row, whatever the files. One file that a disk cannot read is not yet a disk that fails. */
const GIVEN_UP_AFTER = 3;

/**
 * The stores in the course of one run: one that keeps failing, without a success between, is left alone till the next, and so holds
 * up nothing that others can do.
 */
export class StoresInUse {
  readonly all: MediaStore[];
  private readonly failures = new Map<string, number>();

  constructor(stores = mediaStores()) {
    this.all = stores;
  }

  isLeftAlone({ id }: MediaStore): boolean {
    return (this.failures.get(id) ?? 0) >= GIVEN_UP_AFTER;
  }

  /** @throws {MediaFault} when the store is left alone */
  check(store: MediaStore): void {
    if (this.isLeftAlone(store)) throw new MediaFault('unavailable', `${store.id} does not work now`);
  }

  /** @throws {MediaFault} of the work, or at once when the store is left alone */
  async ask<T>(store: MediaStore, work: () => Promise<T>): Promise<T> {
    this.check(store);
    try {
      const answer = await work();
      this.failures.delete(store.id);
      return answer;
    } catch (error) {
      this.note(store, error);
      throw error;
    }
  }

  /** Something has failed that was not asked by `ask`. */
  note({ id }: MediaStore, error: unknown): void {
    const isFault = error instanceof MediaFault && (error.kind === 'unavailable' || error.kind === 'forbidden');
    if (!isFault && !(error instanceof TookTooLong)) return;
    this.failures.set(id, (this.failures.get(id) ?? 0) + 1);
  }
}
