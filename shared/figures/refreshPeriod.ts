import { transact } from '#shared/runtime';
import { sketchOf } from './callers.ts';
import { joinRecounted, type Period, type PeriodName, periodRef, periodToStored, readPeriod, spanOf } from './periods.ts';
import { recount, storedBytes } from './recount.ts';

interface How {
  /** Adds up the size of all files though the time is over. */
  withStorage?: boolean;
  /** Keeps how many people there were, to 1.6 %, and nobody's hash. */
  forgetsCallers?: boolean;
}

/** Counts again what other documents hold of an hour or a day, and writes what is new. The size of all files is added up once for each. */
export async function refreshPeriod(
  name: PeriodName,
  now: Date,
  { withStorage = false, forgetsCallers = false }: How = {},
): Promise<Period> {
  const span = spanOf(name);
  const counted = await recount(span);
  let bytes: number | undefined;
  return transact(async (transaction, db) => {
    const stored = await transaction.get(periodRef(db, name));
    const known = readPeriod(stored);
    // Of what is over, today's size says nothing.
    if (known.storageBytes === null && (withStorage || now < span.endsAt)) bytes ??= await storedBytes();
    const next: Period = {
      ...known,
      figures: forgetsCallers ? withoutCallers(known) : known.figures,
      recounted: joinRecounted(known.recounted, counted),
      storageBytes: bytes ?? known.storageBytes,
    };
    const [before, after] = [known, next].map((period) => periodToStored(name, period, now));
    if (JSON.stringify(after) !== JSON.stringify(before)) transaction.set(stored.ref, after!);
    return next;
  });
}

function withoutCallers({ figures }: Period): Period['figures'] {
  return { ...figures, callers: sketchOf(figures.callers), refusedCallers: sketchOf(figures.refusedCallers) };
}
