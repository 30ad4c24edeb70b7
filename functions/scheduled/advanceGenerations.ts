/** Does the next step of every request for a song that is due. Any number of runs may overlap; an idle one costs one query. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { advanceGenerations as advance, createWorker } from '#shared/generation';
import { JOBS } from '#shared/jobs';

export const advanceGenerations = defineEndpoint({
  name: 'advanceGenerations',
  method: 'POST',
  summary: 'Move the making of songs on',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 500, writes: 500 },
  resources: { memoryMiB: 512, timeoutS: 120, maxInstances: 3 }, // it mostly waits, and is billed for that: docs/decisions/0047
  secrets: ['JWT_SECRET', 'TOPMEDIAI_API_KEY'],
  input: z.strictObject({}),
  output: z.strictObject({ steps: z.int() }),
  errors: [],
  cache: 'none',
  schedule: JOBS.advanceGenerations,
  examples: [{ title: 'Every minute', input: {} }],

  async handler(_input, _caller, { clock, newId, random, signal }) {
    return { steps: await advance(createWorker({ world: { clock, newId, random }, signal })) };
  },
});
