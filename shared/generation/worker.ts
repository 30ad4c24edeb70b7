/**
 * `advanceGenerations`: every step of making a song after it was asked for. It takes what is due, does the next step of each,
 * and puts it back with the time of its next. Any number of workers may run at once; each of them may die at any point.
 */
import { type MediaStore, mediaStores } from '#shared/media';
import { type MusicProvider, topMediai } from '#shared/music';
import { config, log, required, type World } from '#shared/runtime';
import { BOUNDS, type Bounds } from './bounds.ts';
import { clean } from './clean.ts';
import { followUp } from './followUp.ts';
import { probe } from './probe.ts';
import { claim, type Due, type Lease, listDue, type Record } from './store.ts';
import { submit } from './submit.ts';
import { fail, intend, loseTrack } from './transitions.ts';
import { hasEnded, type Work } from './work.ts';

/** What the worker works with. */
export interface Worker {
  world: World;
  bounds: Bounds;
  provider: MusicProvider;
  providerBaseUrl: string;
  store: MediaStore;
  /** No order is sent while the provider is known not to serve us; what runs goes on. */
  isProviderOpen: boolean;
  signal: AbortSignal;
}

/** The worker that the settings describe. */
export function createWorker(own: Pick<Worker, 'world' | 'isProviderOpen' | 'signal'>, bounds: Bounds = BOUNDS): Worker {
  const [store] = mediaStores();
  if (!store) throw new Error('MEDIA_STORES names no store');
  const providerBaseUrl = config().TOPMEDIAI_BASE_URL;
  const provider = topMediai({ baseUrl: providerBaseUrl, apiKey: required('TOPMEDIAI_API_KEY'), timeouts: { submitMs: bounds.submitMs } });
  return { ...own, bounds, provider, providerBaseUrl, store };
}

/** Runs until nothing is due soon, or its time is up. @returns how many steps it took */
export async function advanceGenerations(worker: Worker): Promise<number> {
  const { clock } = worker.world;
  const { passMs, batch, waitForDueMs } = worker.bounds;
  const endsAtMs = clock.monotonicMs() + passMs;
  let steps = 0;
  while (clock.monotonicMs() < endsAtMs && !worker.signal.aborted) {
    const found = await listDue(batch);
    const due = found.filter(({ dueAtMs }) => dueAtMs <= clock.now());
    steps += await advanceBatch(worker, due);
    const waitMs = due.length > 0 ? 0 : (found[0]?.dueAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
    if (waitMs > waitForDueMs || clock.monotonicMs() + waitMs > endsAtMs) break;
    await clock.sleep(waitMs, worker.signal);
  }
  return steps;
}

async function advanceBatch(worker: Worker, due: Due[]): Promise<number> {
  const leases = (await Promise.all(due.map(({ id }) => take(worker, id)))).filter((lease) => lease !== undefined);
  const polled = leases.filter(isFollowed);
  const others = leases.filter((lease) => !isFollowed(lease));
  await Promise.all([followUp(worker, polled), ...others.map((lease) => guarded(lease.id, () => advance(worker, lease)))]);
  return leases.length;
}

async function take(worker: Worker, id: string): Promise<Lease<Record> | undefined> {
  let lease: Lease<Record> | undefined;
  await guarded(id, async () => {
    lease = await claim(id, worker.world, worker.bounds, (work, now) => changeAtClaim(worker, work, now));
  });
  return lease;
}

/** What the claim itself decides, so that a step that needs no outside call costs no second write. */
function changeAtClaim({ bounds, isProviderOpen }: Worker, work: Work, now: Date) {
  if (work.state === 'queued' && isProviderOpen) return intend(work, now, bounds);
  // Whoever sent the order died before he wrote down its answer.
  if (work.state === 'submitting') return loseTrack(work, now, bounds);
  if (work.state === 'unknown') return fail(work, 'provider_outcome_unknown', now);
  return undefined;
}

async function advance(worker: Worker, lease: Lease<Record>): Promise<void> {
  if (lease.record.kind === 'probe') await probe(worker, lease);
  else if (lease.record.kind === 'discard') await clean(worker, lease, [lease.record.songId]);
  else if (isWork(lease)) await advanceWork(worker, lease);
}

async function advanceWork(worker: Worker, lease: Lease<Work>): Promise<void> {
  const { state, songs } = lease.record;
  if (state === 'submitting' || state === 'queued') await submit(worker, lease);
  else if (state === 'cancelled')
    await clean(
      worker,
      lease,
      songs.map(({ songId }) => songId),
    );
}

/** Accepted by the provider, with something still to come: sound, or a cover. */
function isFollowed(lease: Lease<Record>): lease is Lease<Work> {
  const { record } = lease;
  return record.kind === 'generation' && record.songs.length > 0 && (!hasEnded(record) || record.state === 'ready');
}

function isWork(lease: Lease<Record>): lease is Lease<Work> {
  return lease.record.kind === 'generation';
}

/** One that goes wrong must not keep the others waiting: its lease runs out, and it is tried again. */
export async function guarded(id: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    log.warn('generation_step_failed', { generationId: id, error });
  }
}
