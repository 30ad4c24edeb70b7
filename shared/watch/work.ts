/** Looks at work that recurs: what was to be done, backups, and what the daily report has found. */
import { z } from 'zod';
import { missedRuns } from '#shared/jobs';
import { database, fromDocument } from '#shared/runtime';
import { bad, type Check, good } from './check.ts';

/** Without them, what is lost is lost for good. */
const KEEPS_DATA: string[] = ['backUpDatabase', 'verifyBackup'];

export const jobs: Check = {
  name: 'jobs',
  alerts: ['jobs_missed'],
  limitMs: 10_000,
  whenItFails: 'unknown',
  async look(world) {
    const missed = await missedRuns(world);
    if (missed.length === 0) return [good('jobs_missed')];
    const observed = missed.map(({ job, reason, at }) => `${job} ${reason}${at === null ? '' : `, ${at}`}`).join('; ');
    return [
      bad(
        'jobs_missed',
        observed,
        missed.some(({ job }) => KEEPS_DATA.includes(job)),
      ),
    ];
  },
};

/** One a day, and two hours to make and to verify it. */
const MOST_AGE_MS = 26 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
/** So many may fail one after the other before a verified one is out of sight; all of these are younger than one of a day ago. */
const LATEST = 5;

const Known = z.object({
  backupId: z.string(),
  state: z.string(),
  createdAt: z.iso.datetime(),
  snapshotAt: z.iso.datetime().nullable().catch(null),
  failure: z.object({ code: z.string() }).nullable().catch(null),
});

/** Where there has never been a backup, the job that makes them is missed, or it is not yet its time. */
export const backups: Check = {
  name: 'backups',
  alerts: ['backup_overdue', 'backup_failed'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look({ clock }) {
    const db = await database();
    const { docs } = await db.collection('backups').orderBy('createdAt', 'desc').limit(LATEST).get();
    const latest = docs.map((document) => Known.safeParse(fromDocument(document.data())).data).filter((backup) => backup !== undefined);
    const verified = latest.find(({ state }) => state === 'verified');
    const failed = latest.slice(0, verified ? latest.indexOf(verified) : undefined).find(({ state }) => state === 'failed');
    const keptAt = verified?.snapshotAt ?? latest.at(-1)?.createdAt;
    const ageMs = keptAt === undefined ? 0 : clock.now() - Date.parse(keptAt);
    const hours = `${Math.floor(ageMs / HOUR_MS)} hours`;
    return [
      ageMs > MOST_AGE_MS ? bad('backup_overdue', verified ? hours : `none verified for ${hours}`) : good('backup_overdue', hours),
      failed ? bad('backup_failed', `${failed.backupId}, ${failed.failure?.code ?? 'unknown'}`) : good('backup_failed'),
    ];
  },
};

const Reported = z.object({
  day: z.string(),
  books: z.object({ discrepancyCount: z.number() }),
  creditsDifference: z.number().nullable(),
});

/** Of the last day that was reported. Where there is no report yet, nothing is known to be wrong. */
export const report: Check = {
  name: 'report',
  alerts: ['books_wrong', 'credits_differ'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look() {
    const db = await database();
    const [latest] = (await db.collection('reports').orderBy('day', 'desc').limit(1).get()).docs;
    const { day, books, creditsDifference } = Reported.safeParse(latest?.data()).data ?? NOTHING_REPORTED;
    const discrepancies = `${books.discrepancyCount} discrepancies, ${day}`;
    const difference = `${creditsDifference ?? 0} credits, ${day}`;
    return [
      books.discrepancyCount > 0 ? bad('books_wrong', discrepancies) : good('books_wrong', discrepancies),
      creditsDifference ? bad('credits_differ', difference) : good('credits_differ', difference),
    ];
  },
};

const NOTHING_REPORTED: z.output<typeof Reported> = { day: 'no report', books: { discrepancyCount: 0 }, creditsDifference: null };
