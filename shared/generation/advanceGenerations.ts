/**
 * Every step of making a song after it was asked for. The worker takes what is due, does the next step of each, and puts it back
 * with the time of its next. Any number of workers may run at once; each of them may die at any point.
 */
import { log } from '#shared/runtime';
import { followUp } from './followUp.ts';
import { claim, commit, finish, type Lease, LeaseLost, postpone } from './lease.ts';
import { removeObjects } from './objects.ts';
import { checkBudget, mayOrder, probe } from './probe.ts';
import { type Due, listDue } from './store.ts';
import { submit } from './submit.ts';
import { backToQueue, fail, intend, loseTrack, putBack } from './transitions.ts';
import { type Discard, hasEnded, type Task, type Work } from './work.ts';
import type { Worker } from './worker.ts';

/** So often all that is due may slip away, to other workers or by faults, before this one leaves it to them or to its next run. */
const EMPTY_ROUNDS = 3;

/** Runs until nothing is due soon, or its time is up. @returns how many steps it took */
export async function advanceGenerations(worker: Worker): Promise<number> {
  const { clock } = worker.world;
  const { passMs, batch, waitForDueMs } = worker.bounds;
  const endsAtMs = clock.monotonicMs() + passMs;
  let steps = 0;
  let emptyRounds = 0;
  while (clock.monotonicMs() < endsAtMs && !worker.signal.aborted && emptyRounds < EMPTY_ROUNDS) {
    const found = await listDue(batch);
    const due = found.filter(({ dueAtMs }) => dueAtMs <= clock.now());
    const taken = await advanceBatch(worker, due);
    steps += taken;
    emptyRounds = due.length > 0 && taken === 0 ? emptyRounds + 1 : 0;
    const waitMs = due.length > 0 ? 0 : (found[0]?.dueAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
    if (waitMs > waitForDueMs || clock.monotonicMs() + waitMs > endsAtMs) break;
    await clock.sleep(waitMs, worker.signal);
  }
  return steps;
}

async function advanceBatch(worker: Worker, due: Due[]): Promise<number> {
  const ordersAreDue = due.some(({ state }) => state === 'queued');
  if (ordersAreDue) worker.isProviderOpen = await mayOrder();
  const leases = (await Promise.all(due.map(({ id }) => take(worker, id)))).filter((lease) => lease !== undefined);
  const polled = leases.filter(isFollowed);
  const others = leases.filter((lease) => !isFollowed(lease));
  await Promise.all([
    guarded('poll', () => followUp(worker, polled)),
    ...others.map((lease) => guarded(lease.id, () => advance(worker, lease))),
  ]);
  if (ordersAreDue) await guarded('budget', () => checkBudget(worker));
  return leases.length;
}

async function take(worker: Worker, id: string): Promise<Lease<Task> | undefined> {
  let lease: Lease<Task> | undefined;
  await guarded(id, async () => {
    lease = await claim(id, worker.world, worker.bounds, (work, now) => changeAtClaim(worker, work, now));
  });
  return lease;
}

/** What the claim itself decides, so that a step that needs no outside call costs no second write. */
function changeAtClaim({ bounds, isProviderOpen, world }: Worker, work: Work, now: Date) {
  if (work.state === 'queued')
    return isProviderOpen ? intend(work, now, bounds) : backToQueue(work, now, bounds, { random: world.random() });
  // Whoever sent the order died before he wrote down its answer.
  if (work.state === 'submitting') return loseTrack(work, now, bounds);
  if (work.state !== 'unknown') return undefined;
  log.warn('provider_order_lost', { generationId: work.generationId });
  return fail(work, 'provider_outcome_unknown', now);
}

async function advance(worker: Worker, lease: Lease<Task>): Promise<void> {
  if (lease.record.kind === 'probe') await probe(worker, { ...lease, record: lease.record });
  else if (lease.record.kind === 'discard') await discard(worker, { ...lease, record: lease.record });
  else if (isWork(lease) && lease.record.state === 'submitting') await submit(worker, lease);
  // Whatever else is found due has been dealt with by the claim; nothing that has ended may be found again and again.
  else if (isWork(lease) && hasEnded(lease.record) && lease.record.dueAt !== null)
    await commit(lease, worker.world, (work, now) => putBack(work, now, worker.bounds));
}

/** Removes what is left of a song that nobody is to have. While storage is down, it waits. */
async function discard({ world, bounds, store }: Worker, lease: Lease<Discard>): Promise<void> {
  try {
    await removeObjects(store, lease.record.songId);
    await finish(lease);
  } catch (error) {
    log.warn('song_not_discarded', { songId: lease.record.songId, error });
    await postpone(lease, new Date(world.clock.now() + bounds.storageBackoffMs));
  }
}

/** Accepted by the provider, with something still to come: sound, or a cover. */
function isFollowed(lease: Lease<Task>): lease is Lease<Work> {
  const { record } = lease;
  return record.kind === 'generation' && record.songs.length > 0 && (!hasEnded(record) || record.state === 'ready');
}

function isWork(lease: Lease<Task>): lease is Lease<Work> {
  return lease.record.kind === 'generation';
}

/** One that goes wrong must not keep the others waiting: its lease runs out, and it is tried again. */
async function guarded(id: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (error instanceof LeaseLost) log.info('lease_lost', { id });
    else log.warn('generation_step_failed', { id, error });
  }
}
