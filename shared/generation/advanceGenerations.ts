/**
 * Every step of making a song after it was asked for. The worker takes what is due, does the next step of each, and puts it back
 * with the time of its next. Any number of workers may run at once; each of them may die at any point.
 */
import { probeStorage } from '#shared/health';
import { log, within } from '#shared/runtime';
import { followUp } from './followUp.ts';
import { claim, commit, finish, type Lease, LeaseLost, postpone } from './lease.ts';
import { removeObjects } from './objects.ts';
import { probe } from './probe.ts';
import { type Gate, openGate } from './providerGate.ts';
import { type Due, listDue } from './store.ts';
import { submit } from './submit.ts';
import { backToQueue, fail, intend, loseTrack, putBack } from './transitions.ts';
import { type Discard, hasEnded, type Task, type Work } from './work.ts';
import type { Worker } from './worker.ts';

/** So often all that is due may slip away, to other workers or by faults, before this one leaves it to them or to its next run. */
const EMPTY_ROUNDS = 3;

/** The client of the database would wait for minutes; the next run asks again. */
const LIST_LIMIT_MS = 20_000;

/** Runs until nothing is due soon, or its time is up; what takes long does not hold up the rest. @returns how many steps it took */
export async function advanceGenerations(worker: Worker): Promise<number> {
  const { clock } = worker.world;
  const { passMs, atOnce, waitForDueMs } = worker.bounds;
  const endsAtMs = clock.monotonicMs() + passMs;
  const inHand = new Set<Promise<void>>();
  let steps = 0;
  let emptyRounds = 0;
  try {
    while (clock.monotonicMs() < endsAtMs && !worker.signal.aborted && emptyRounds < EMPTY_ROUNDS) {
      const free = atOnce - inHand.size;
      const found = await within(LIST_LIMIT_MS, 'the list of what is due', listDue(free, new Date(clock.now() + waitForDueMs)));
      const due = found.filter(({ dueAtMs }) => dueAtMs <= clock.now());
      const begun = await begin(worker, due);
      steps += begun.length;
      for (const step of begun) keep(inHand, step);
      if (due.some(waitsForStorage)) keep(inHand, probeStorage(worker.world)); // for those whom a storage that is down keeps out
      emptyRounds = due.length > 0 && begun.length === 0 ? emptyRounds + 1 : 0;
      if (due.length > 0 && inHand.size < atOnce && due.length === free) continue; // there may be more
      const next = found.find(({ dueAtMs }) => dueAtMs > clock.now());
      const waitMs = next === undefined ? Number.POSITIVE_INFINITY : next.dueAtMs - clock.now();
      if (inHand.size > 0) await untilOneEnds(worker, inHand, inHand.size < atOnce ? Math.min(waitMs, waitForDueMs) : 0);
      else if (due.length > 0)
        continue; // done already, or lost to another worker
      else if (waitMs > waitForDueMs || clock.monotonicMs() + waitMs > endsAtMs) break;
      else await clock.sleep(waitMs, worker.signal);
    }
  } finally {
    await Promise.all(inHand);
  }
  return steps;
}

function waitsForStorage({ snapshot }: Due): boolean {
  const songs = snapshot.get('songs') as Work['songs'] | undefined;
  return songs?.some(({ storageDownAt }) => storageDownAt !== null) ?? false;
}

function keep(inHand: Set<Promise<void>>, step: Promise<void>): void {
  const kept = step.finally(() => inHand.delete(kept));
  inHand.add(kept);
}

/** @param orMs - or until the next is due; 0: nothing else can be begun */
async function untilOneEnds({ world: { clock } }: Worker, inHand: Set<Promise<void>>, orMs: number): Promise<void> {
  const woken = new AbortController();
  await Promise.race(orMs > 0 ? [...inHand, clock.sleep(orMs, woken.signal)] : inHand);
  woken.abort();
}

/** Takes what is due and begins its steps. None of them rejects. */
async function begin(worker: Worker, due: Due[]): Promise<Promise<void>[]> {
  if (due.length === 0) return [];
  const gate = await openGate(worker, due);
  const leases = (await Promise.all(due.map((each) => take(worker, each, gate)))).filter((lease) => lease !== undefined);
  const others = leases.filter((lease) => !isFollowed(lease));
  return [
    ...followUp(worker, leases.filter(isFollowed), gate),
    ...others.map((lease) => guarded(lease.id, () => advance(worker, lease, gate))),
  ];
}

async function take(worker: Worker, due: Due, gate: Gate): Promise<Lease<Task> | undefined> {
  const mayOrder = due.state === 'queued' && gate.takeOrder();
  let lease: Lease<Task> | undefined;
  await guarded(due.id, async () => {
    lease = await claim(due, worker.world, worker.bounds, (work, now) => changeAtClaim(worker, work, now, mayOrder, gate));
  });
  return lease;
}

/** What the claim itself decides, so that a step that needs no outside call costs no second write. */
function changeAtClaim({ bounds, world }: Worker, work: Work, now: Date, mayOrder: boolean, { closedBy }: Gate) {
  if (work.state === 'queued')
    return mayOrder ? intend(work, now, bounds) : backToQueue(work, now, bounds, { random: world.random(), code: closedBy });
  // Whoever sent the order died before he wrote down its answer.
  if (work.state === 'submitting') return loseTrack(work, now, bounds);
  if (work.state !== 'unknown') return undefined;
  log.warn('provider_order_lost', { generationId: work.generationId });
  return fail(work, 'provider_outcome_unknown', now);
}

async function advance(worker: Worker, lease: Lease<Task>, gate: Gate): Promise<void> {
  if (lease.record.kind === 'probe') await probe(worker, { ...lease, record: lease.record });
  else if (lease.record.kind === 'discard') await discard(worker, { ...lease, record: lease.record });
  else if (isWork(lease) && lease.record.state === 'submitting') await submit(worker, lease, gate);
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
