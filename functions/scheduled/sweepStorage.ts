/**
 * Removes what crashes have left in the stores and nobody names, and finds what has been lost; once a day. A run that does not get
 * to the end is followed by another, which goes on where it stopped. After a death, its repetition waits until the turn is free again.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { sweepStorage as sweep } from '#shared/operations';

export const sweepStorage = defineEndpoint({
  name: 'sweepStorage',
  method: 'POST',
  summary: 'Tidy the storage up',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 50_000, writes: 5_000 },
  resources: { timeoutS: 360, maxInstances: 1 },
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
    copiesLost: z.int(),
    filesMadeDue: z.int(),
    objectsLost: z.int(),
    foreignObjects: z.int(),
    unreadableRecords: z.int(),
    storesRefused: z.int(),
    failed: z.int(),
  }),
  errors: [],
  cache: 'none',
  schedule: { cron: '30 4 * * *', retries: 3, backoffS: 180 },
  examples: [
    { title: 'Every night', input: {} },
    { title: 'What would be done?', input: { dryRun: true } },
  ],

  async handler({ dryRun }, _caller, { clock, newId, random, signal }) {
    return await sweep({ world: { clock, newId, random }, signal, isDryRun: dryRun });
  },
});
