import type { QueryDocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { type Documents, database, transact } from '#shared/runtime';
import { MINUTE_MS } from './days.ts';
import { addHistograms, countInto, emptyHistogram } from './histogram.ts';
import { MOST_PERIODS, ofFewPeriods, type Period, periodRef, periodsOf, periodToStored, readPeriod } from './periods.ts';
import { FIGURE_STATE } from './schema.ts';

/** Longer than a transaction lasts: what ends before that moment is stored by now. The report counts all of a day once more. */
const SETTLED_MS = 2 * MINUTE_MS;

interface Reached {
  at: Date;
  id: string;
}

/** At most, for so many. */
export function costOfEnded(most: number): Documents {
  return { reads: most + 2 + MOST_PERIODS, writes: 1 + MOST_PERIODS };
}

/**
 * Adds the requests for songs that have ended since the last time, each once: how far it has come is written in the same
 * transaction as the sums. One read for each, and one when there is none.
 *
 * @returns how many
 */
export async function addEnded(now: Date, most: number): Promise<number> {
  const db = await database();
  const reachedRef = db.doc(`${FIGURE_STATE}/ended`);
  const before = await reachedRef.get();
  const reached: Reached = { at: (before.get('at') as Timestamp | undefined)?.toDate() ?? new Date(0), id: before.get('id') ?? '' };
  const ended = db.collection('generationWork').where('endedAt', '<=', new Date(now.getTime() - SETTLED_MS));
  const ordered = ended.orderBy('endedAt').orderBy('__name__').limit(most).select('state', 'createdAt', 'endedAt');
  const page = (await (reached.id ? ordered.startAfter(reached.at, reached.id) : ordered).get()).docs;
  const found = ofFewPeriods(page, (document) => (document.get('endedAt') as Timestamp).toDate());
  const last = found.at(-1);
  if (!last) return 0;
  return transact(async (transaction) => {
    const still = await transaction.get(reachedRef);
    if (String(still.updateTime?.toMillis()) !== String(before.updateTime?.toMillis())) return 0; // another has added them
    const sums = sumsOf(found);
    const periods = [...sums.keys()].map((key) => JSON.parse(key));
    const stored = await transaction.getAll(...periods.map((period) => periodRef(db, period)));
    for (const [at, period] of periods.entries()) {
      const known = readPeriod(stored[at]);
      const next = { ...known, ended: add(known.ended, sums.get(JSON.stringify(period))!) };
      transaction.set(periodRef(db, period), periodToStored(period, next, now));
    }
    transaction.set(reachedRef, { at: last.get('endedAt'), id: last.id });
    return found.length;
  });
}

function sumsOf(documents: QueryDocumentSnapshot[]): Map<string, Period['ended']> {
  const sums = new Map<string, Period['ended']>();
  for (const document of documents) {
    const state: unknown = document.get('state');
    const [createdAt, endedAt] = [document.get('createdAt') as Timestamp, document.get('endedAt') as Timestamp];
    const makingTime = emptyHistogram();
    if (state === 'ready') countInto(makingTime, endedAt.toMillis() - createdAt.toMillis());
    const one = { ready: 0, failed: 0, cancelled: 0, makingTime };
    if (state === 'ready' || state === 'failed' || state === 'cancelled') one[state] = 1;
    for (const period of periodsOf(endedAt.toDate())) {
      const key = JSON.stringify(period);
      const sum = sums.get(key);
      sums.set(key, sum ? add(sum, one) : one);
    }
  }
  return sums;
}

function add(one: Period['ended'], other: Period['ended']): Period['ended'] {
  return {
    ready: one.ready + other.ready,
    failed: one.failed + other.failed,
    cancelled: one.cancelled + other.cancelled,
    makingTime: addHistograms(one.makingTime, other.makingTime),
  };
}
