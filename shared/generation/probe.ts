/** Looks whether what keeps generation closed for everyone is over: a provider that does not serve us, or a spent budget. */
import { changeBreaker, endOfDay, onTrial, readServiceBudget, upAgain } from '#shared/limits';
import { log } from '#shared/runtime';
import { type Lease, postpone } from './lease.ts';
import { probeRef } from './store.ts';
import type { Probe } from './work.ts';
import type { Worker } from './worker.ts';

/** What the dearest order costs. */
const CREDITS_NEEDED = 3;

/** A probe that dies is made again when its lease has run out. */
export async function probe(worker: Worker, lease: Lease<Probe>): Promise<void> {
  const { what } = lease.record;
  const { isUp, againAt } = what === 'provider' ? await probeProvider(worker) : await probeBudget(worker);
  if (!isUp) return postpone(lease, againAt);
  const now = new Date(worker.world.clock.now());
  // In one write: what is closed has a probe, what is open has none.
  const { before, after } = await changeBreaker(
    what,
    (state) => (what === 'provider' ? onTrial(state, now) : upAgain(state, now)),
    (_change, transaction, db) => transaction.delete(probeRef(db, what)),
  );
  if (after !== before) log.info('generation_open', { what, isOnTrial: after.isOnTrial });
}

/** Credit on our account proves that it answers and knows our key. The rest is for the first order to prove. */
async function probeProvider({ world, bounds, provider }: Worker) {
  const credits = await provider.getCredits().catch((error: unknown) => {
    log.warn('provider_probe_failed', { error });
    return 0;
  });
  return { isUp: credits >= CREDITS_NEEDED, againAt: new Date(world.clock.now() + bounds.probeMs) };
}

async function probeBudget(worker: Worker) {
  const now = new Date(worker.world.clock.now());
  const { used, limit } = await readServiceBudget(now);
  return { isUp: used < limit, againAt: budgetProbeAt(worker, now) };
}

export function budgetProbeAt({ bounds }: Worker, now: Date): Date {
  return new Date(Math.min(endOfDay(now).getTime(), now.getTime() + bounds.budgetProbeMs));
}
