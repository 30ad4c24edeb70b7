/**
 * Moves on what takes longer than a request may: deleted accounts are erased, a new name reaches its copies, likes and plays reach their
 * songs. Any number of runs may overlap; an idle one costs three queries.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { advanceErasures } from '#shared/erasure';
import { copyOwnerNames } from '#shared/operations';
import { rollUpCounters } from '#shared/songs';

export const watchService = defineEndpoint({
  name: 'watchService',
  method: 'POST',
  summary: 'Move long operations on',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 20_000, writes: 10_000 },
  resources: { timeoutS: 120, maxInstances: 2 },
  input: z.strictObject({}),
  output: z.strictObject({ erasuresMovedOn: z.int(), namesCopied: z.int(), songsCounted: z.int() }),
  errors: [],
  cache: 'none',
  schedule: { cron: '* * * * *', retries: 0, backoffS: 60 },
  examples: [{ title: 'Every minute', input: {} }],

  async handler(_input, _caller, { clock, newId, random, signal }) {
    const world = { clock, newId, random };
    const namesCopied = await copyOwnerNames({ world, signal });
    const erasuresMovedOn = await advanceErasures({ world, signal });
    const { songs: songsCounted } = await rollUpCounters({ world, signal });
    return { namesCopied, erasuresMovedOn, songsCounted };
  },
});
