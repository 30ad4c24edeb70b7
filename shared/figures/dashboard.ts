import type { DocumentSnapshot } from '@google-cloud/firestore';
import { z } from 'zod';
import { dayOf } from '#shared/limits';
import { database } from '#shared/runtime';
import { dayBefore, HOUR_MS, hourOf, MINUTE_MS } from './days.ts';
import { type PeriodName, periodRef, readPeriod, spanOf } from './periods.ts';
import { readMinutes, recentRef, sumSince } from './recent.ts';
import { countUnderWay } from './recount.ts';
import { FIGURE_DAYS, FIGURE_HOURS } from './schema.ts';
import { FiguresSummary, FunctionSummary, PeriodSummary, summarize, summarizeFunctions, summarizePeriod } from './summary.ts';

const NOW_MINUTES = 5;
const HOURS = 24;
const DAYS = 30;

export const Dashboard = z.strictObject({
  /** Figures reach this page within about two minutes. */
  asOfAt: z.iso.datetime(),
  timeZone: z.string(),
  now: z.strictObject({
    minutes: z.int(),
    ...FiguresSummary.shape,
    /** Requests for songs that have not ended. */
    generationsUnderWay: z.int(),
  }),
  today: z.strictObject({ day: z.string(), ...PeriodSummary.shape, functions: z.array(FunctionSummary) }),
  /** The last 24 hours by the clock, the oldest first; the last one is still going on. */
  hours: z.array(z.strictObject({ hour: z.string(), ...PeriodSummary.shape })),
  /** The last 30 of the service's days, the oldest first; the last one is today. */
  days: z.array(z.strictObject({ day: z.string(), ...PeriodSummary.shape })),
});
export type Dashboard = z.output<typeof Dashboard>;

/** At most one read for each hour and each day that is shown, and 4 more; one of them for each 1,000 songs that are being made at once. */
export const DASHBOARD_READS = HOURS + DAYS + 4;

/** @returns all of it from roll-ups: it costs the same for ten people as for ten thousand */
export async function readDashboard(now: Date, timeZone: string): Promise<Dashboard> {
  const today: PeriodName = { kind: 'day', name: dayOf(now) };
  const hours = Array.from({ length: HOURS }, (_, ago) => hourOf(new Date(now.getTime() - (HOURS - 1 - ago) * HOUR_MS)));
  const days = Array.from({ length: DAYS }, (_, ago) => dayBefore(today.name, DAYS - 1 - ago));
  const db = await database();
  const [recentDocument, todayDocument, storedHours, storedDays, generationsUnderWay] = await Promise.all([
    recentRef(db).get(),
    periodRef(db, today).get(),
    readSince({ kind: 'hour', name: hours[0]! }),
    readSince({ kind: 'day', name: days[0]! }),
    countUnderWay(),
  ]);
  const recent = sumSince(readMinutes(recentDocument.data()), now.getTime() - NOW_MINUTES * MINUTE_MS);
  const known = readPeriod(todayDocument);
  const summaryOf = (stored: Map<string, DocumentSnapshot>, name: PeriodName) =>
    summarizePeriod(readPeriod(stored.get(name.name)), spanOf(name).startsAt);
  return {
    asOfAt: now.toISOString(),
    timeZone,
    now: { minutes: NOW_MINUTES, ...summarize(recent), generationsUnderWay },
    today: { day: today.name, ...summarizePeriod(known, spanOf(today).startsAt), functions: summarizeFunctions(known.figures) },
    hours: hours.map((hour) => ({ hour, ...summaryOf(storedHours, { kind: 'hour', name: hour }) })),
    days: days.map((day) => ({ day, ...summaryOf(storedDays, { kind: 'day', name: day }) })),
  };
}

/** Without the figures of single functions, which are most of a document. */
async function readSince(first: PeriodName): Promise<Map<string, DocumentSnapshot>> {
  const db = await database();
  const collection = db.collection(first.kind === 'hour' ? FIGURE_HOURS : FIGURE_DAYS);
  const since = collection.where('startsAt', '>=', spanOf(first).startsAt).orderBy('startsAt');
  const found = await since
    .limit(HOURS + DAYS)
    .select('figures', 'recounted', 'ended', 'storageBytes')
    .get();
  return new Map(found.docs.map((document) => [document.id, document]));
}
