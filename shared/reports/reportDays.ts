import { dayBefore } from '#shared/figures';
import { dayOf } from '#shared/limits';
import { config, database, fromDocument, log, toDocument, transact } from '#shared/runtime';
import { gatherFacts, type Sources } from './gatherFacts.ts';
import { reportText } from './reportText.ts';
import { type Books, REPORTS, Report, type ReportFacts } from './schema.ts';

/** Days that are looked at each time: what comes late is still reported. After the last of them, callers are forgotten. */
const DAYS_AGAIN = 4;
/** How far back reports are looked for: the last known balance, and days that nobody has reported. */
const MOST_REPORTS = 31;

/**
 * Writes the report of the day that ended last, and those of the days before again where their figures have changed since.
 *
 * @param dueAt - any moment of the day after: which day is reported follows from it, and not from when this runs
 * @returns the days whose report was written or has changed
 */
export async function reportDays(dueAt: Date, now: Date, sources: Sources): Promise<string[]> {
  const yesterday = dayBefore(dayOf(dueAt));
  const reports = await reportsUntil(yesterday);
  const ours = reports.filter(({ timeZone }) => timeZone === config().SERVICE_TIME_ZONE);
  const written: string[] = [];
  let books: Promise<Books> | undefined; // of the oldest day that has none, which come first: it covers the others
  const checkBooks = (sinceAt: Date) => {
    books ??= sources.checkBooks(sinceAt);
    return books;
  };
  for (let ago = daysMissed(yesterday, reports) + DAYS_AGAIN - 1; ago >= 0; ago -= 1) {
    const day = dayBefore(yesterday, ago);
    const known = reports.find((report) => report.day === day);
    if (known && !ours.includes(known)) continue; // its day had other hours: it stays as it is
    const earlier = ours.find((report) => report.day < day && report.providerCredits.reading)?.providerCredits.reading ?? null;
    const about = { day, now, isYesterday: ago === 0, isSettled: ago >= DAYS_AGAIN - 1, known, earlier };
    const facts = await gatherFacts(about, { ...sources, checkBooks });
    const wasThere = ago === 0 || reports.some((report) => report.day <= day);
    if ((wasThere || hasHappened(facts)) && (await store(facts, now))) written.push(day);
  }
  return written;
}

/** Of a day before the first report: something tells that there was a service already. */
function hasHappened({ signUps, requests, plays, generations }: ReportFacts): boolean {
  return signUps + requests + plays + generations.asked > 0;
}

/** Nights in which nobody reported, up to the last one. What they had to do is still to be done. */
function daysMissed(yesterday: string, [newest]: Report[]): number {
  const days = Array.from({ length: MOST_REPORTS - DAYS_AGAIN }, (_, ago) => dayBefore(yesterday, ago + 1));
  if (!newest || newest.day === yesterday) return 0;
  return days.includes(newest.day) ? days.indexOf(newest.day) : days.length;
}

/** The newest first, in one query. Those that were spoiled by hand are left out, and written anew. */
async function reportsUntil(day: string): Promise<Report[]> {
  const db = await database();
  const found = await db.collection(REPORTS).where('day', '<=', day).orderBy('day', 'desc').limit(MOST_REPORTS).get();
  return found.docs.flatMap((document) => readReport(document.data()) ?? []);
}

/** @returns undefined for what is none */
function readReport(data: Record<string, unknown>): Report | undefined {
  return Report.safeParse(fromDocument(data)).data;
}

/** @returns false when it stands there already */
function store(facts: ReportFacts, now: Date): Promise<boolean> {
  const at = now.toISOString();
  const text = reportText(facts);
  return transact(async (transaction, db) => {
    const stored = await transaction.get(db.collection(REPORTS).doc(facts.day));
    const known = readReport(stored.data() ?? {});
    // Two at once: the balance that was read first is the one that the next day is compared with.
    const isOther = known?.providerCredits.reading && known.providerCredits.reading.readAt !== facts.providerCredits.reading?.readAt;
    if (isOther) return false;
    const next = { ...facts, text, createdAt: known?.createdAt ?? at, updatedAt: at } satisfies Report;
    if (known && isSame(known, next)) return false;
    transaction.set(stored.ref, toDocument(next));
    log.info('day_reported', { day: facts.day, isNew: known === undefined, creditsDifference: facts.creditsDifference });
    return true;
  });
}

function isSame(one: Report, other: Report): boolean {
  const content = ({ updatedAt: _, ...rest }: Report) => JSON.stringify(sorted(rest));
  return content(one) === content(other);
}

/** Firestore gives the fields of a map in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
