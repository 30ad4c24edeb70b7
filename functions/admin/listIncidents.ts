/** What was wrong with the service and what is, the latest first. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { Incident, listIncidents as listPage } from '#shared/incidents';

export const listIncidents = defineEndpoint({
  name: 'listIncidents',
  method: 'GET',
  summary: 'List what is or was wrong',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ state: Incident.shape.state.optional(), ...pageInput }),
  output: list(Incident),
  errors: [],
  cache: 'none',
  examples: [{ title: 'What nobody looks after yet', input: { state: 'open' } }],

  async handler(asked) {
    return await listPage(asked);
  },
});
