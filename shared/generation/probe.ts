/**
 * What keeps generation closed for everyone: a provider that refuses us or has no credit left for us, or the day's budget spent.
 * It is then looked at from time to time. All instances read the state in `dependencies/`.
 */
import { z } from 'zod';
import { endOfDay } from '#shared/limits';
import { database, log } from '#shared/runtime';
import { finish, type Lease, postpone } from './lease.ts';
import { scheduleProbe, serviceDayRef } from './store.ts';
import type { Probe } from './work.ts';
import type { Worker } from './worker.ts';

/** What the dearest order costs. */
const CREDITS_NEEDED = 3;
const WARNS_AT_SHARE = 0.8;

type What = Probe['what'];

/** Whether an order may be sent now, as far as the database knows. Two reads. */
export async function mayOrder(): Promise<boolean> {
  const db = await database();
  const states = await db.getAll(db.doc('dependencies/provider'), db.doc('dependencies/budget'));
  return states.every((state) => state.get('isUp') !== false);
}

/** After an order that was refused for a reason that holds for all: none is sent until a probe succeeds. */
export async function closeProvider(worker: Worker, why: 'out_of_credit' | 'refused'): Promise<void> {
  log.error('provider_closed', { why });
  const now = new Date(worker.world.clock.now());
  await close(worker, 'provider', new Date(now.getTime() + worker.bounds.probeMs));
}

/** After orders: closes when the provider's credits of the day are used up, till the next day or until an operator allows more. */
export async function checkBudget(worker: Worker): Promise<void> {
  const now = new Date(worker.world.clock.now());
  const { used, limit } = await readBudget(now);
  if (used >= limit * WARNS_AT_SHARE) log.warn('provider_budget', { used, limit });
  if (used < limit || !worker.isProviderOpen) return;
  log.error('provider_budget_spent', { used, limit });
  await close(worker, 'budget', budgetProbeAt(worker, now));
}

/** Looks again. A probe that dies is made again when its lease has run out. */
export async function probe(worker: Worker, lease: Lease<Probe>): Promise<void> {
  const { what } = lease.record;
  const { isUp, againAt } = what === 'provider' ? await probeProvider(worker) : await probeBudget(worker);
  if (!isUp) {
    await postpone(lease, againAt);
    return;
  }
  await setUp(what, true, new Date(worker.world.clock.now()));
  await finish(lease);
  log.info('generation_open', { what });
}

async function probeProvider({ world, bounds, provider }: Worker) {
  const credits = await provider.getCredits().catch((error: unknown) => {
    log.warn('provider_probe_failed', { error });
    return 0;
  });
  return { isUp: credits >= CREDITS_NEEDED, againAt: new Date(world.clock.now() + bounds.probeMs) };
}

async function probeBudget(worker: Worker) {
  const now = new Date(worker.world.clock.now());
  const { used, limit } = await readBudget(now);
  return { isUp: used < limit, againAt: budgetProbeAt(worker, now) };
}

function budgetProbeAt({ bounds }: Worker, now: Date): Date {
  return new Date(Math.min(endOfDay(now).getTime(), now.getTime() + bounds.budgetProbeMs));
}

async function close(worker: Worker, what: What, againAt: Date): Promise<void> {
  worker.isProviderOpen = false;
  await scheduleProbe(what, againAt); // first: closed without a probe would be closed for ever
  await setUp(what, false, new Date(worker.world.clock.now()));
}

async function setUp(what: What, isUp: boolean, changedAt: Date): Promise<void> {
  const db = await database();
  await db.doc(`dependencies/${what}`).set({ isUp, changedAt });
}

const Used = z.object({ providerCredits: z.number() }).catch({ providerCredits: 0 });
/** Operators edit it by hand; what is no number leaves the usual. */
const Limit = z.object({ providerCreditsPerDay: z.number().min(0) }).catch({ providerCreditsPerDay: 100 });

async function readBudget(now: Date): Promise<{ used: number; limit: number }> {
  const db = await database();
  const [day, settings] = await db.getAll(serviceDayRef(db, now), db.doc('settings/service'));
  return { used: Used.parse(day?.data()).providerCredits, limit: Limit.parse(settings?.data()).providerCreditsPerDay };
}
