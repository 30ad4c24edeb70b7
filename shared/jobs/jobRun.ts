/** One run of a job: `jobRuns/<job>_<due time>`, written when it is claimed and, last of all, when it is done. */
import type { DocumentData } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, fromDocument } from '#shared/runtime';

const Time = z.iso.datetime();

const StoredRun = z.object({
  job: z.string(),
  /** When it was due. */
  scheduledAt: Time,
  state: z.enum(['running', 'done']),
  /** Whoever has claimed it last: nobody else may write. */
  claimId: z.string(),
  /** By the database's time. */
  leaseUntilAt: Time,
  /** How often it was begun. */
  attempts: z.int(),
  startedAt: Time,
  doneAt: Time.nullable(),
  /** What it answered: a firing that comes again is answered the same. */
  result: z.record(z.string(), z.unknown()).nullable(),
  /** When the watch asked for it, because nobody had done it in time. */
  madeUpAt: Time.nullable().default(null),
  expireAt: Time,
});
export type StoredRun = z.output<typeof StoredRun>;

/** What there is to tell of a run. */
export type RunOutcome = Pick<StoredRun, 'job' | 'scheduledAt' | 'state' | 'attempts' | 'startedAt' | 'doneAt' | 'result' | 'madeUpAt'>;

const MOST_RUNS = 100;
const KEPT_MS = 400 * 24 * 60 * 60 * 1000;

/** A lease that has run out, a run that nobody has begun. */
export const EARLIER = new Date(0).toISOString();

export function expiryOf(nowMs: number): string {
  return new Date(nowMs + KEPT_MS).toISOString();
}

/** `sweepStorage_20261123T190000Z`: due times have seconds, and no less. */
export function runIdOf(job: string, scheduledAt: Date): string {
  return `${job}_${scheduledAt.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')}`;
}

export function runPath(runId: string): string {
  return `jobRuns/${runId}`;
}

/** What somebody has spoiled by hand is no run: it is begun anew. */
export function parseRun(data: DocumentData | undefined): StoredRun | undefined {
  return data && StoredRun.safeParse(fromDocument(data)).data;
}

/** Runs of all jobs that were due then or later, in that order. There are a few a day. */
export async function runsSince(since: Date): Promise<RunOutcome[]> {
  const db = await database();
  const found = await db.collection('jobRuns').where('scheduledAt', '>=', since).orderBy('scheduledAt').limit(MOST_RUNS).get();
  return found.docs.flatMap((document) => parseRun(document.data()) ?? []);
}
