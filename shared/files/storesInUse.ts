import { MediaFault, type MediaStore, mediaStores } from '#shared/media';

/** So many failures in a row, whatever the files. One file that a disk cannot read is not yet a disk that fails. */
const GIVEN_UP_AFTER = 3;

/** The stores in the course of one run: one that keeps failing is left alone till the next, and so holds up nothing that others can do. */
export class StoresInUse {
  readonly all: MediaStore[];
  private readonly failures = new Map<string, number>();

  constructor(stores = mediaStores()) {
    this.all = stores;
  }

  /** @throws {MediaFault} when the store is left alone */
  check({ id }: MediaStore): void {
    if ((this.failures.get(id) ?? 0) >= GIVEN_UP_AFTER) throw new MediaFault('unavailable', `${id} does not work now`);
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
    if (!(error instanceof MediaFault) || (error.kind !== 'unavailable' && error.kind !== 'forbidden')) return;
    this.failures.set(id, (this.failures.get(id) ?? 0) + 1);
  }
}
