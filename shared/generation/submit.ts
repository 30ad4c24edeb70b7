import { ProviderFault } from '#shared/music';
import { log } from '#shared/runtime';
import { commit, type Lease } from './lease.ts';
import {
  askToTry,
  checkBudget,
  closeProvider,
  countFailure,
  countNothing,
  countSuccess,
  type Gate,
  type Permit,
  whileOnTheWay,
} from './providerGate.ts';
import { accept, backToQueue, type Change, fail, loseTrack } from './transitions.ts';
import type { Work } from './work.ts';
import type { Worker } from './worker.ts';

/** After the answer there must be time left to write it down. */
const MARGIN_MS = 10_000;

/** Orders the song. That it is about to leave was written down by the claim; from there on nobody sends it again (G2). */
export function submit(worker: Worker, lease: Lease<Work>, gate: Gate): Promise<void> {
  return whileOnTheWay(worker, async () => {
    const permit = await askToTry(worker, gate);
    if (!permit) await putBackUnsent(worker, lease);
    else if (isTooLate(worker, lease)) await Promise.all([putBackUnsent(worker, lease), countNothing(permit)]);
    else await order(worker, lease, gate, permit);
  });
}

function isTooLate({ world, bounds, signal }: Worker, { endsAtMs }: Lease<Work>): boolean {
  return signal.aborted || world.clock.monotonicMs() > endsAtMs - bounds.submitMs - MARGIN_MS;
}

async function order(worker: Worker, lease: Lease<Work>, gate: Gate, permit: Permit): Promise<void> {
  try {
    // Not stopped by the worker's signal: an order that has left and is given up is one that nobody knows the end of.
    const { taskIds } = await worker.provider.submit(lease.record.request, {});
    await inTurn(
      () => takeDown(worker, lease, taskIds),
      () => countSuccess(worker, 'order', gate, permit),
    );
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    log.warn('provider_submit_failed', { generationId: lease.id, kind: error.kind, reason: error.reason });
    await inTurn(
      () => follow(worker, lease, error),
      () => tellAll(worker, error, gate, permit),
    );
  } finally {
    await checkBudget(worker);
  }
}

/** What it means for all others holds also when this request is not ours any more. */
async function inTurn(forThis: () => Promise<unknown>, forOthers: () => Promise<unknown>): Promise<void> {
  try {
    await forThis();
  } finally {
    await forOthers();
  }
}

async function takeDown({ world, bounds }: Worker, lease: Lease<Work>, taskIds: string[]): Promise<void> {
  if (taskIds.length !== 2) log.warn('provider_task_count', { generationId: lease.id, count: taskIds.length });
  const songs = taskIds.map((taskId) => ({ songId: world.newId('sng'), taskId }));
  await commit(lease, world, (work, now) => accept(work, songs, now, bounds));
}

function putBackUnsent({ world, bounds }: Worker, lease: Lease<Work>, waitMs = 0): Promise<Work> {
  return commit(lease, world, (work, now) => backToQueue(work, now, bounds, { waitMs, random: world.random() }));
}

/** What it means for this request. */
async function follow(worker: Worker, lease: Lease<Work>, fault: ProviderFault): Promise<void> {
  const isUnsent = fault.kind === 'never_left' || fault.kind === 'rate_limited';
  if (isUnsent) await putBackUnsent(worker, lease, (fault.retryAfterS ?? 0) * 1000);
  else await commit(lease, worker.world, (work, now) => consequence(fault, work, now, worker.bounds));
}

/** What it means for all others. */
async function tellAll(worker: Worker, { kind }: ProviderFault, gate: Gate, permit: Permit): Promise<void> {
  if (kind === 'out_of_credit' || kind === 'refused') await closeProvider(worker, kind, permit);
  else if (kind === 'invalid_request') await countSuccess(worker, 'order', gate, permit);
  else if (kind === 'rate_limited') await countNothing(permit);
  else await countFailure(worker, 'order', permit);
}

function consequence(fault: ProviderFault, work: Work, now: Date, bounds: Worker['bounds']): Change {
  switch (fault.kind) {
    case 'out_of_credit':
      return fail(work, 'provider_out_of_credit', now);
    case 'refused':
      return fail(work, 'provider_refused', now);
    case 'invalid_request':
      return fail(work, 'provider_rejected', now, fault.detail);
    default:
      return loseTrack(work, now, bounds);
  }
}
