/** All recurring work, and when it is due: the definitions take their schedule from here, and the watch what it waits for. */

export interface Job {
  /** In the service's time zone: `M H * * *` (daily) or `* * * * *`. */
  cron: string;
  retries: number;
  /** Pause before the first repetition; it doubles. */
  backoffS: number;
  /** Each due time is claimed and done once (`runJob`). The others claim nothing: their passes may overlap, and an idle one writes nothing. */
  isClaimed: boolean;
  /** How long after its time the work may still be under way, repetitions and all, before somebody is told. */
  graceMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const everyMinute = { cron: '* * * * *', isClaimed: false, graceMs: 5 * MINUTE_MS };
/** Three repetitions, 3, 6 and 12 minutes apart: longer than the lease of a run that has died. */
const onceADay = { retries: 3, backoffS: 180, isClaimed: true, graceMs: HOUR_MS };

export const JOBS = {
  advanceGenerations: { ...everyMinute, retries: 5, backoffS: 5 },
  replicateMedia: { ...everyMinute, retries: 0, backoffS: 60 },
  watchService: { ...everyMinute, retries: 0, backoffS: 60 },
  backUpDatabase: { ...onceADay, cron: '0 3 * * *' },
  verifyBackup: { ...onceADay, cron: '0 6 * * *' },
  reportDailyUsage: { ...onceADay, cron: '10 0 * * *' },
  sweepStorage: { ...onceADay, cron: '30 4 * * *' },
} satisfies Record<string, Job>;

export type JobName = keyof typeof JOBS;
