/**
 * Begins the day's backup of database and accounts, and does as much of it as there is time for; `watchService` does the rest. While one is
 * on its way, that one is moved on.
 */
import { z } from 'zod';
import { advanceBackups, startBackup } from '#shared/backups';
import { defineEndpoint } from '#shared/endpoint';
import { JOBS, runJob } from '#shared/jobs';

const LIMIT_S = 120;

export const backUpDatabase = defineEndpoint({
  name: 'backUpDatabase',
  method: 'POST',
  summary: 'Begin a backup',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 15_000, writes: 500 },
  resources: { cpu: 1, memoryMiB: 512, timeoutS: LIMIT_S, maxInstances: 1 },
  secrets: ['BACKUP_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ backupId: z.string(), isNew: z.boolean() }),
  errors: ['run_under_way'],
  cache: 'none',
  schedule: JOBS.backUpDatabase,
  examples: [{ title: 'Every night', input: {} }],

  async handler(_input, _caller, context) {
    const { clock, newId, random, signal } = context;
    const world = { clock, newId, random };
    const begun = await runJob(context, { job: 'backUpDatabase', leaseMs: LIMIT_S * 1000 }, async ({ scheduledAt }) => {
      const { backup, isNew } = await startBackup({ world, since: scheduledAt });
      return { backupId: backup.backupId, isNew };
    });
    await advanceBackups({ world, signal }); // outside: the day's work is done when a backup has begun, and the watch goes on with it
    return begun;
  },
});
