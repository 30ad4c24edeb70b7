/** Whose turn a run is. Every write looks first whether it is still ours: a late process writes nothing. */
import type { DocumentData, DocumentSnapshot, Transaction } from '@google-cloud/firestore';
import { database, isConflict, problem, toDocument, type World } from '#shared/runtime';
import { EARLIER, expiryOf, parseRun, runIdOf, runPath, type StoredRun } from './jobRun.ts';

export interface Turn extends Pick<World, 'clock' | 'newId'> {
  job: string;
  scheduledAt: Date;
  leaseMs: number;
}

const MOST_TRIES = 5;

/** Leases go by the database's time, which no instance's clock can set back or forward. */
export class Claim {
  readonly runId: string;
  readonly #turn: Turn;
  readonly #claimId: string;

  constructor(turn: Turn) {
    this.#turn = turn;
    this.runId = runIdOf(turn.job, turn.scheduledAt);
    this.#claimId = turn.newId('clm');
  }

  /** @returns the run, which is ours from now on, or done. @throws `run_under_way` while another holds it */
  take(): Promise<StoredRun> {
    return this.#change((found, nowMs) => {
      if (found?.state === 'done') return found;
      const leftMs = found ? Date.parse(found.leaseUntilAt) - nowMs : 0;
      if (found?.claimId === this.#claimId) return found; // the answer to our own write was lost
      if (leftMs > 0) throw underWay(leftMs);
      return this.#begin(found, nowMs);
    });
  }

  /** @throws `run_under_way` when another has taken over */
  async requireOurs(transaction: Transaction): Promise<StoredRun> {
    const db = await database();
    const found = parseRun((await transaction.get(db.doc(runPath(this.runId)))).data());
    if (found?.claimId !== this.#claimId) throw underWay(0);
    return found;
  }

  /** The last write of all. @throws `run_under_way` when another has taken over */
  async finish(result: object): Promise<void> {
    await this.#write({ state: 'done', doneAt: this.#now(), result: { ...result } });
  }

  /** For the next firing to begin at once, without waiting for the lease to run out. */
  async giveBack(): Promise<void> {
    await this.#write({ leaseUntilAt: EARLIER });
  }

  #write(change: Partial<StoredRun>): Promise<StoredRun> {
    return this.#change((found) => {
      if (found?.claimId !== this.#claimId) throw underWay(0);
      return found.state === 'done' ? found : { ...found, ...change };
    });
  }

  /**
   * Looks, and writes what `decide` makes of it if nobody else has written since. No transaction: the lock of one that dies would outlive
   * it by a minute.
   */
  async #change(decide: (found: StoredRun | undefined, nowMs: number) => StoredRun): Promise<StoredRun> {
    const db = await database();
    const ref = db.doc(runPath(this.runId));
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const snapshot = await ref.get();
      const found = parseRun(snapshot.data());
      const run = decide(found, snapshot.readTime.toMillis());
      if (run === found || (await storeIfUnchanged(snapshot, toDocument(run)))) return run;
    }
    throw underWay(0);
  }

  #begin(found: StoredRun | undefined, nowMs: number): StoredRun {
    return {
      job: this.#turn.job,
      scheduledAt: this.#turn.scheduledAt.toISOString(),
      state: 'running',
      claimId: this.#claimId,
      leaseUntilAt: new Date(nowMs + this.#turn.leaseMs).toISOString(),
      attempts: (found?.attempts ?? 0) + 1,
      startedAt: this.#now(),
      doneAt: null,
      result: null,
      madeUpAt: found?.madeUpAt ?? null,
      expireAt: expiryOf(nowMs),
    };
  }

  #now(): string {
    return new Date(this.#turn.clock.now()).toISOString();
  }
}

/** @returns false when somebody else was faster, or our own write was made and its answer lost: a look tells */
async function storeIfUnchanged({ ref, updateTime }: DocumentSnapshot, data: DocumentData): Promise<boolean> {
  try {
    await (updateTime ? ref.update(data, { lastUpdateTime: updateTime }) : ref.create(data));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

function underWay(leftMs: number) {
  return problem('run_under_way', { retryAfterS: Math.max(1, Math.ceil(leftMs / 1000)) });
}
