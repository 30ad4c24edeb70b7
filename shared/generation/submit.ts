import { ProviderFault } from '#shared/music';
import { log } from '#shared/runtime';
import { commit, type Lease } from './lease.ts';
import { closeProvider } from './probe.ts';
import { accept, backToQueue, type Change, fail, loseTrack } from './transitions.ts';
import type { Work } from './work.ts';
import type { Worker } from './worker.ts';

/** After the answer there must be time left to write it down. */
const MARGIN_MS = 10_000;

/** Orders the song. That it is about to leave was written down by the claim; from there on nobody sends it again (G2). */
export async function submit(worker: Worker, lease: Lease<Work>): Promise<void> {
  const { world, bounds, provider, signal } = worker;
  const notSent = (waitMs = 0) => commit(lease, world, (work, now) => backToQueue(work, now, bounds, { waitMs, random: world.random() }));
  if (signal.aborted || world.clock.monotonicMs() > lease.endsAtMs - bounds.submitMs - MARGIN_MS) {
    await notSent();
    return;
  }
  try {
    // Not stopped by the worker's signal: an order that has left and is given up is one that nobody knows the end of.
    const { taskIds } = await provider.submit(lease.record.request, {});
    if (taskIds.length !== 2) log.warn('provider_task_count', { generationId: lease.id, count: taskIds.length });
    const songs = taskIds.map((taskId) => ({ songId: world.newId('sng'), taskId }));
    await commit(lease, world, (work, now) => accept(work, songs, now, bounds));
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    log.warn('provider_submit_failed', { generationId: lease.id, kind: error.kind, reason: error.reason });
    if (error.kind === 'never_left' || error.kind === 'rate_limited') await notSent((error.retryAfterS ?? 0) * 1000);
    else await commit(lease, world, (work, now) => consequence(error, work, now, bounds));
    if (error.kind === 'out_of_credit' || error.kind === 'refused') await closeProvider(worker, error.kind);
  }
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
