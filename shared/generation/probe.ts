/**
 * The provider that refuses us, or that has no credit left for us, is not asked for songs; it is asked from time to time how
 * much credit there is. All instances read the state in `dependencies/provider`.
 */
import { database, log } from '#shared/runtime';
import { finish, type Lease, type Record, scheduleProbe } from './store.ts';
import type { Worker } from './worker.ts';

/** What the dearest order costs. */
const CREDITS_NEEDED = 3;

/** Closes generation for everyone, until a probe succeeds. */
export async function closeProvider({ world, bounds }: Worker, why: 'out_of_credit' | 'refused'): Promise<void> {
  const now = new Date(world.clock.now());
  log.error('provider_closed', { why });
  await scheduleProbe(new Date(now.getTime() + bounds.probeMs)); // first: closed without a probe would be closed for ever
  await setProvider(false, now);
}

export async function probe({ world, bounds, provider }: Worker, lease: Lease<Record>): Promise<void> {
  const credits = await provider.getCredits().catch((error: unknown) => {
    log.warn('provider_probe_failed', { error });
    return 0;
  });
  const now = new Date(world.clock.now());
  if (credits < CREDITS_NEEDED) {
    await scheduleProbe(new Date(now.getTime() + bounds.probeMs));
    return;
  }
  await setProvider(true, now);
  await finish(lease);
  log.info('provider_open');
}

async function setProvider(isUp: boolean, now: Date): Promise<void> {
  const db = await database();
  await db.doc('dependencies/provider').set({ isUp, changedAt: now });
}
