/** Carries every song, cover and picture to every store, and removes those that were deleted. Any number of runs may overlap. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { JOBS } from '#shared/jobs';

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
  schedule: JOBS.replicateMedia,
  examples: [{ title: 'Every minute', input: {} }],

  async handler(_input, _caller, { clock, newId, random, signal }) {
    const world = { clock, newId, random };
    return await replicateFiles({ world, signal, bounds: REPLICATION_BOUNDS });
  },
});
