/** Stops a request for a song. While it is queued, the credit comes back; later, what still comes is discarded. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { cancelGeneration as cancel, Generation, GenerationId, generations } from '#shared/generation';

export const cancelGeneration = defineEndpoint({
  name: 'cancelGeneration',
  method: 'POST',
  summary: 'Stop a request for a song',
  access: 'user',
  feature: 'library',
  needs: { generation: generations.may('cancel', 'generationId') },
  rate: 'write',
  budget: { reads: 3, writes: 18 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ generationId: GenerationId }),
  output: z.strictObject({ generation: Generation }),
  errors: ['generation_ended'],
  cache: 'none',
  examples: [{ title: 'I changed my mind', input: { generationId: 'gen_0123456789abcdefghjk' } }],

  async handler(_input, _caller, { found, now }) {
    return { generation: await cancel(found.generation.generationId, now) };
  },
});
