/**
 * Recurring work, done once for each time it is due, however often that time is fired (G11).
 *
 * The run is claimed with a lease, and `done` is written last. A process that dies in between leaves a lease that runs out; then a
 * repetition by the Scheduler takes over and does the work again. So it must be work that can be begun anew: ids that follow from the due
 * time, writes that are the same twice.
 */
import type { Transaction } from '@google-cloud/firestore';
import { log, type World } from '#shared/runtime';
import { Claim } from './claim.ts';
import { dueTimeOf } from './makeUp.ts';

export interface JobRun {
  runId: string;
  /** When the work was due. What it is about, such as the day of a report, follows from this and not from the clock. */
  scheduledAt: Date;
  /** 1, or more after one that died or failed. */
  attempts: number;
  /** A read: the transaction then writes nothing once another has taken the run over. @throws `run_under_way` */
  requireOurs(transaction: Transaction): Promise<void>;
}

/**
 * Does the work, unless it is done: then it answers what was answered before.
 *
 * @param leaseMs - at least the function's time limit: after it, nobody waits for whoever may still be at it
 * @param work - its result is stored: plain JSON, and nothing secret or personal
 * @throws `run_under_way` while another is at it, or when another has taken over; and what `work` throws, after giving the run back
 */
export async function runJob<Result extends object>(
  { clock, newId, scheduledAt: firedFor }: Pick<World, 'clock' | 'newId'> & { scheduledAt: Date },
  { job, leaseMs }: { job: string; leaseMs: number },
  work: (run: JobRun) => Promise<Result>,
): Promise<Result> {
  const scheduledAt = await dueTimeOf(job, firedFor);
  const claim = new Claim({ clock, newId, scheduledAt, job, leaseMs });
  const { runId } = claim;
  const { state, result: before, attempts } = await claim.take();
  if (state === 'done') {
    log.info('run_already_done', { runId });
    return before as Result;
  }
  try {
    const requireOurs = async (transaction: Transaction) => void (await claim.requireOurs(transaction));
    const result = await work({ runId, scheduledAt, attempts, requireOurs });
    await claim.finish(result);
    return result;
  } catch (error) {
    await claim.giveBack().catch((reason: unknown) => log.info('run_not_given_back', { runId, error: reason })); // its lease runs out
    throw error;
  }
}
