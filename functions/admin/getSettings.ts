/** What operators have set for the running service. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { getServiceSettings } from '#shared/operations';
import { ServiceSettings } from '#shared/runtime';

export const getSettings = defineEndpoint({
  name: 'getSettings',
  method: 'GET',
  summary: "Read the service's settings",
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 1, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ settings: ServiceSettings }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'All of them', input: {} }],

  async handler() {
    return { settings: await getServiceSettings() };
  },
});
