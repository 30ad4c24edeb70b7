/** How a request for a song stands: its state, its songs, what it cost. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { Generation, GenerationId, generations } from '#shared/generation';

export const getGeneration = defineEndpoint({
  name: 'getGeneration',
  method: 'GET',
  summary: 'Read how a request for a song stands',
  access: 'user',
  feature: 'library',
  needs: { generation: generations.may('read', 'generationId') },
  rate: 'read',
  budget: { reads: 1, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ generationId: GenerationId }),
  output: z.strictObject({ generation: Generation }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Is it ready?', input: { generationId: 'gen_0123456789abcdefghjk' } }],

  handler(_input, _caller, { found }) {
    return Promise.resolve({ generation: found.generation });
  },
});
