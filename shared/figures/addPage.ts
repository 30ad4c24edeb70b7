import type { QueryDocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { type Documents, log, transact } from '#shared/runtime';
import { addFigures, type Figures, figuresFromStored } from './figures.ts';
import {
  joinRecounted,
  MOST_PERIODS,
  ofFewPeriods,
  type Period,
  type PeriodName,
  periodRef,
  periodsOf,
  periodToStored,
  readPeriod,
  spanOf,
} from './periods.ts';
import { addMinutes, minutesToStored, readMinutes, recentRef } from './recent.ts';
import { recount, storedBytes } from './recount.ts';
import type { Recounted } from './schema.ts';

interface Minute {
  at: Date;
  figures: Figures;
}

/**
 * Adds documents of processes to all that sums them up, in one transaction that also marks them. Each must be as it was read: if
 * somebody has added one of them meanwhile, nothing happens. Where people were, what other documents hold of that time is counted anew.
 *
 * @returns how many minutes were added, and whether that is all of the page
 * @throws what `isConflict` knows, when another was quicker
 */
export async function addPage(page: QueryDocumentSnapshot[], now: Date): Promise<{ minutes: number; isWhole: boolean }> {
  if (page.length === 0) return { minutes: 0, isWhole: true };
  const documents = ofFewPeriods(page, (document) => minuteOf(document) ?? now);
  const minutes = documents.flatMap((document) => readMinute(document, now));
  const additions = await Promise.all(additionsOf(minutes).map(withCounts));
  const bytes = once(storedBytes);
  await transact(async (transaction, db) => {
    const [recent, ...stored] = await transaction.getAll(recentRef(db), ...additions.map(({ period }) => periodRef(db, period)));
    const sums = await Promise.all(additions.map((addition, at) => addTo(readPeriod(stored[at]), addition, { now, bytes })));
    for (const [at, { period }] of additions.entries()) {
      transaction.set(periodRef(db, period), periodToStored(period, sums[at]!, now));
    }
    const more = minutes.map(({ at, figures }) => [at.getTime(), figures] as [number, Figures]);
    transaction.set(recentRef(db), minutesToStored(addMinutes(readMinutes(recent!.data()), more, now.getTime()), now));
    for (const { ref, updateTime } of documents) transaction.update(ref, { isRolledUp: true }, { lastUpdateTime: updateTime });
  });
  return { minutes: minutes.length, isWhole: documents.length === page.length };
}

/** At most, for a page of so many: they are read, marked, and summed up; of each hour and day three counts, and the size of all files. */
export function costOfPage(documents: number): Documents {
  return { reads: documents + 2 + 4 * MOST_PERIODS, writes: documents + 1 + MOST_PERIODS };
}

interface Addition {
  period: PeriodName;
  figures: Figures;
  /** Where people were. */
  recounted?: Recounted;
}

async function withCounts(addition: Addition): Promise<Addition> {
  const hadPeople = addition.figures.requests > 0;
  return hadPeople ? { ...addition, recounted: await recount(spanOf(addition.period)) } : addition;
}

/** The size of all files is added up once for each hour and day, while it lasts: of what is over, today's size says nothing. */
async function addTo(known: Period, addition: Addition, { now, bytes }: { now: Date; bytes(): Promise<number> }): Promise<Period> {
  const { period, figures, recounted } = addition;
  const isToAddUp = known.storageBytes === null && recounted !== undefined && now < spanOf(period).endsAt;
  return {
    ...known,
    figures: addFigures(known.figures, figures),
    recounted: recounted ? joinRecounted(known.recounted, recounted) : known.recounted,
    storageBytes: isToAddUp ? await bytes() : known.storageBytes,
  };
}

/** Transactions are tried again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

/** By hour and day. */
function additionsOf(minutes: Minute[]): Addition[] {
  const sums = new Map<string, Addition>();
  for (const { at, figures } of minutes) {
    for (const period of periodsOf(at)) {
      const sum = sums.get(keyOf(period));
      sums.set(keyOf(period), { period, figures: sum ? addFigures(sum.figures, figures) : figures });
    }
  }
  return [...sums.values()];
}

function keyOf({ kind, name }: PeriodName): string {
  return `${kind} ${name}`;
}

/** What has expired is as if it were not there; what cannot be read counts nothing. Both are marked, so that they do not come again. */
function readMinute(document: QueryDocumentSnapshot, now: Date): Minute[] {
  const at = minuteOf(document);
  const expireAt = document.get('expireAt') as Timestamp | undefined;
  const figures = figuresFromStored(document.data());
  if (at && figures && expireAt && expireAt.toMillis() > now.getTime()) return [{ at, figures }];
  log.warn('figures_not_added', { document: document.id });
  return [];
}

function minuteOf(document: QueryDocumentSnapshot): Date | undefined {
  const minuteAt = document.get('minuteAt') as Partial<Timestamp> | undefined;
  return minuteAt?.toDate?.();
}
