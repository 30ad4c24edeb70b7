/** A job as jobs are: it counts in one transaction, which looks whether the run is still its own. */
import { runJob } from '#shared/jobs';
import { database, fromDocument, systemWorld, transact } from '#shared/runtime';

export interface SomeRun {
  due: string;
  leaseMs: number;
  /** How wrong the clock of this instance is. */
  clockAheadMs?: number;
  /** Writes without a transaction, whose lock would outlive a process that dies in it. */
  isPlain?: boolean;
}

export const JOB = 'countSongs';

/** @param middle - what happens between the two halves of the work */
export function runSomeJob({ due, leaseMs, clockAheadMs = 0, isPlain = false }: SomeRun, middle: () => Promise<void> = async () => {}) {
  const clock = { ...systemWorld.clock, now: () => Date.now() + clockAheadMs };
  const context = { clock, newId: systemWorld.newId, scheduledAt: new Date(due) };
  return runJob(context, { job: JOB, leaseMs }, async ({ runId, scheduledAt, attempts, requireOurs }) => {
    const db = await database();
    await db.collection('begun').add({ runId });
    await middle();
    const count = { of: scheduledAt, byAttempt: attempts };
    if (isPlain) await db.doc(`counts/${runId}`).set(count);
    else {
      await transact(async (transaction) => {
        await requireOurs(transaction);
        transaction.set(db.doc(`counts/${runId}`), count);
      });
    }
    return { counted: runId };
  });
}

/** What stands in the database of a run. */
export async function traceOf(runId: string) {
  const db = await database();
  const [run, count, begun] = await Promise.all([
    db.doc(`jobRuns/${runId}`).get(),
    db.doc(`counts/${runId}`).get(),
    db.collection('begun').where('runId', '==', runId).count().get(),
  ]);
  return { run: run.exists ? fromDocument(run.data()!) : undefined, count: count.data(), begunCount: begun.data().count };
}
