/** Carries every song, cover and picture to every store, and removes those that were deleted. Any number of runs may overlap. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { probeStorage } from '#shared/health';

export const replicateMedia = defineEndpoint({
  name: 'replicateMedia',
  method: 'POST',
  summary: 'Carry files to every store',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 500, writes: 500 },
  resources: { timeoutS: 180, maxInstances: 2 },
  input: z.strictObject({}),
  output: z.strictObject({ copied: z.int(), deleted: z.int(), failed: z.int() }),
  errors: [],
  cache: 'none',
  schedule: { cron: '* * * * *', retries: 0, backoffS: 60 },
  examples: [{ title: 'Every minute', input: {} }],

  async handler(_input, _caller, { clock, newId, random, signal }) {
    const world = { clock, newId, random };
    await probeStorage(world); // for a service that nobody calls; before the work, which would make a good store look slow
    return await replicateFiles({ world, signal, bounds: REPLICATION_BOUNDS });
  },
});
