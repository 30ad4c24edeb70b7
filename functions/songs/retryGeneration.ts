/**
 * Asks once more for a song that was not made: a new request, with the same wishes and a link to the old one.
 *
 * Costs one credit, as the first did, given back when no song comes of it. While a retry of a request is being made, asking again
 * gives that one: pressing twice costs once, with an `Idempotency-Key` or without.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { Generation, GenerationId, generations, retryGeneration as retry } from '#shared/generation';
import { nudgeJob } from '#shared/runtime';

export const retryGeneration = defineEndpoint({
  name: 'retryGeneration',
  method: 'POST',
  summary: 'Ask again for a song that was not made',
  access: 'user',
  feature: 'generation',
  needs: { generation: generations.may('retry', 'generationId') },
  rate: 'generate',
  idempotency: 'replay',
  budget: { reads: 7, writes: 8 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ generationId: GenerationId }),
  output: z.strictObject({ generation: Generation }),
  status: 202,
  errors: ['generation_not_failed', 'daily_songs_reached', 'idempotency_key_reused'],
  cache: 'none',
  examples: [{ title: 'The provider could not be reached', input: { generationId: 'gen_0123456789abcdefghjk' } }],

  async handler(_input, { uid }, { found, claim, now, newId, clock }) {
    const generation = await retry({ uid, generationId: found.generation.generationId, claim, now, newId });
    await nudgeJob('advanceGenerations', clock);
    return { generation };
  },
});
