/** What every function takes and gives: the OpenAPI document itself, which client generators and API browsers read. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';

export const getOpenApi = defineEndpoint({
  name: 'getOpenApi',
  method: 'GET',
  summary: 'Describe every function, as OpenAPI 3.1',
  access: 'public',
  feature: 'none',
  needs: {},
  rate: 'read',
  budget: { reads: 0, writes: 0 },
  input: z.strictObject({}),
  output: z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) }),
  errors: [],
  cache: { sharedS: 120 },
  examples: [{ title: 'For a client generator', input: {} }],

  async handler() {
    const { default: openApi } = await import('../../docs/openapi.json', { with: { type: 'json' } }); // large: not part of the start
    return openApi;
  },
});
