/**
 * Removes what crashes have left in the stores and nobody names, and finds what has been lost; once a day. A run that does not get
 * to the end is followed by another, which goes on where it stopped. After a death, a repetition takes the run over once its lease is out.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { JOBS, runJob } from '#shared/jobs';
import { sweepStorage as sweep } from '#shared/operations';
import { problem } from '#shared/runtime';

const LIMIT_S = 360;

export const sweepStorage = defineEndpoint({
  name: 'sweepStorage',
  method: 'POST',
  summary: 'Tidy the storage up',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 50_000, writes: 5_000 },
  resources: { timeoutS: LIMIT_S, maxInstances: 1 },
  input: z.strictObject({ dryRun: z.boolean().default(false) }),
  output: z.strictObject({
    isDone: z.boolean(),
    stagedRemoved: z.int(),
    uploadsRemoved: z.int(),
    audioRemoved: z.int(),
    coversRemoved: z.int(),
    imagesRemoved: z.int(),
    uploadRecordsRemoved: z.int(),
    recordsWritten: z.int(),
    searchesWritten: z.int(),
    copiesLost: z.int(),
    filesMadeDue: z.int(),
    objectsLost: z.int(),
    foreignObjects: z.int(),
    unreadableRecords: z.int(),
    storesRefused: z.int(),
    failed: z.int(),
  }),
  errors: ['run_under_way'],
  cache: 'none',
  schedule: JOBS.sweepStorage,
  examples: [
    { title: 'Every night', input: {} },
    { title: 'What would be done?', input: { dryRun: true } },
  ],

  async handler({ dryRun }, _caller, context) {
    const { clock, newId, random, signal } = context;
    const options = { world: { clock, newId, random }, signal };
    if (dryRun) return await sweep({ ...options, isDryRun: true });
    return await runJob(context, { job: 'sweepStorage', leaseMs: LIMIT_S * 1000 }, async () => {
      const report = await sweep(options);
      if (signal.aborted && !report.isDone) throw problem('run_under_way', { retryAfterS: 1 }); // this process ends: another goes on
      return report;
    });
  },
});
