/**
 * Moves the verification of a backup on, then looks after those there are: the newest verified one is whole, can be opened and is held; those
 * before it are let go; what is older than 90 days is removed.
 */
import { z } from 'zod';
import { advanceBackups, keepBackups } from '#shared/backups';
import { defineEndpoint } from '#shared/endpoint';
import { JOBS, runJob } from '#shared/jobs';

const LIMIT_S = 300;

export const verifyBackup = defineEndpoint({
  name: 'verifyBackup',
  method: 'POST',
  summary: 'Verify and keep backups',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 15_000, writes: 500 },
  resources: { cpu: 1, memoryMiB: 512, timeoutS: LIMIT_S, maxInstances: 1 },
  secrets: ['BACKUP_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ newestVerified: z.string().nullable(), isSpoiled: z.boolean(), released: z.int(), removed: z.int() }),
  errors: ['run_under_way'],
  cache: 'none',
  schedule: JOBS.verifyBackup,
  examples: [{ title: 'Every morning', input: {} }],

  async handler(_input, _caller, context) {
    const { clock, newId, random, signal } = context;
    return await runJob(context, { job: 'verifyBackup', leaseMs: LIMIT_S * 1000 }, async () => {
      await advanceBackups({ world: { clock, newId, random }, signal });
      const { newest, ...counts } = await keepBackups({ clock });
      return { newestVerified: newest?.backupId ?? null, ...counts };
    });
  },
});
