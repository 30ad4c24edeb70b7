import { commit, type Lease, LeaseLost } from './store.ts';
import { hold } from './transitions.ts';
import type { Work } from './work.ts';
import type { Worker } from './worker.ts';

/** Does a piece of work that may take longer than the lease: renews it beside, and aborts the work when it is lost. */
export async function whileHolding<T>(
  { world, bounds, signal }: Worker,
  lease: Lease<Work>,
  piece: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const lost = new AbortController();
  const renewing = renewUntil(done.signal).catch((error: unknown) => lost.abort(error));
  try {
    return await piece(AbortSignal.any([lost.signal, signal]));
  } catch (error) {
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    done.abort();
    await renewing;
  }

  async function renewUntil(end: AbortSignal): Promise<void> {
    for (;;) {
      await world.clock.sleep(bounds.leaseMs / 3, end);
      if (end.aborted) return;
      if (world.clock.monotonicMs() > lease.endsAtMs) throw new LeaseLost(lease.id);
      const renewedAtMs = world.clock.monotonicMs();
      await commit(lease, world, (work, now) => hold({ work, songs: [] }, now, bounds));
      lease.endsAtMs = renewedAtMs + bounds.leaseMs;
    }
  }
}
