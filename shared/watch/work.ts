/** Looks at work that recurs: what was to be done, backups, and what the daily report has found. */
import { z } from 'zod';
import { uncopiedForMs } from '#shared/backups';
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

const COMPARED_MS = 9 * 24 * HOUR_MS;
/** Tried again each day when it fails: of these, one is older than the limit. */
const LATEST_WEEKLY = 10;

const Weekly = Known.extend({
  restoredAt: z.iso.datetime().nullable().catch(null),
  comparison: z
    .object({ state: z.string(), fault: z.object({ code: z.string() }).nullable() })
    .nullable()
    .catch(null),
});

/** Weekly backups are compared beside those of the days after, and may take days. */
export const comparisons: Check = {
  name: 'comparisons',
  alerts: ['backup_not_compared'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look({ clock }) {
    const db = await database();
    const weekly = db.collection('backups').where('isWeekly', '==', true);
    const { docs } = await weekly.orderBy('createdAt', 'desc').limit(LATEST_WEEKLY).get();
    const latest = docs.flatMap((document) => Weekly.safeParse(fromDocument(document.data())).data ?? []);
    const ended = latest.find(({ comparison }) => ENDED.includes(comparison?.state ?? ''));
    if (ended && ended.restoredAt === null) {
      const { state, fault } = ended.comparison!;
      return [bad('backup_not_compared', `${ended.backupId}, ${state}, ${fault?.code ?? 'unknown'}`)];
    }
    const sinceAt = ended?.restoredAt ?? latest.at(-1)?.createdAt;
    const ageMs = sinceAt === undefined ? 0 : clock.now() - Date.parse(sinceAt);
    const observed = `${Math.floor(ageMs / HOUR_MS)} hours`;
    return [ageMs > COMPARED_MS ? bad('backup_not_compared', `none for ${observed}`) : good('backup_not_compared', observed)];
  },
};

const ENDED = ['equal', 'different', 'given_up'];

const UNCOPIED_MS = 10 * 60_000;

export const tombstones: Check = {
  name: 'tombstones',
  alerts: ['tombstones_not_copied'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look(world) {
    const waitedMs = await uncopiedForMs(world);
    const observed = `${Math.floor(waitedMs / 60_000)} minutes`;
    return [waitedMs > UNCOPIED_MS ? bad('tombstones_not_copied', observed) : good('tombstones_not_copied', observed)];
  },
};

const Reported = z.object({
  day: z.string(),
  books: z.object({ discrepancyCount: z.number() }),
  creditsDifference: z.number().nullable(),
});

/** A look at one day alone would call it over on the next, mended or not. */
const LAST_REPORTS = 7;

/** Of the last reports. Where there is none yet, nothing is known to be wrong. */
export const report: Check = {
  name: 'report',
  alerts: ['books_wrong', 'credits_differ'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look() {
    const db = await database();
    const { docs } = await db.collection('reports').orderBy('day', 'desc').limit(LAST_REPORTS).get();
    const reports = docs.flatMap((document) => Reported.safeParse(document.data()).data ?? []);
    const wrong = reports.flatMap(({ day, books }) =>
      books.discrepancyCount > 0 ? [`${books.discrepancyCount} discrepancies, ${day}`] : [],
    );
    const differing = reports.flatMap(({ day, creditsDifference }) => (creditsDifference ? [`${creditsDifference} credits, ${day}`] : []));
    return [
      wrong.length > 0 ? bad('books_wrong', wrong.join('; ')) : good('books_wrong'),
      differing.length > 0 ? bad('credits_differ', differing.join('; ')) : good('credits_differ'),
    ];
  },
};
