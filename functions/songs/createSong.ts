/**
 * Asks for a song. It is made afterwards: `getGeneration` tells how it goes.
 *
 * Costs one credit of the day, given back when no song comes of it. With an `Idempotency-Key`, a repetition is the same request.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { CreateSongInput, createGeneration, Generation } from '#shared/generation';
import { nudgeJob } from '#shared/runtime';

export const createSong = defineEndpoint({
  name: 'createSong',
  method: 'POST',
  summary: 'Ask for a song to be made',
  access: 'user',
  feature: 'generation',
  needs: {},
  rate: 'generate',
  idempotency: 'replay',
  budget: { reads: 5, writes: 7 },
  secrets: ['JWT_SECRET'],
  input: CreateSongInput,
  output: z.strictObject({ generation: Generation }),
  status: 202,
  errors: ['daily_songs_reached', 'idempotency_key_reused', 'not_found'],
  cache: 'none',
  examples: [{ title: 'A calm song', input: { prompt: 'a calm song about paper boats', style: 'folk' } }],

  async handler(input, { uid }, { claim, now, newId, clock }) {
    const generation = await createGeneration({ uid, input, claim, now, newId });
    await nudgeJob('advanceGenerations', clock);
    return { generation };
  },
});
