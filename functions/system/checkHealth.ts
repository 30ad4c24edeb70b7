/** Whether the service can do its work, in one word; `down` comes with 503. Cheap: at most one look at the database in 10 s. */
import { z } from 'zod';
import { availability } from '#shared/access';
import { defineEndpoint } from '#shared/endpoint';

export const checkHealth = defineEndpoint({
  name: 'checkHealth',
  method: 'GET',
  summary: 'Tell whether the service is up',
  access: 'public',
  feature: 'none',
  needs: {},
  rate: 'read',
  budget: { reads: 5, writes: 0 },
  secrets: [],
  input: z.strictObject({}),
  output: z.strictObject({ status: z.enum(['ok', 'degraded', 'down']) }),
  alsoStatus: 503,
  errors: [],
  cache: 'none',
  examples: [{ title: 'A probe', input: {} }],

  async handler(_input, _caller, { clock }) {
    const { features, isDatabaseUp } = await availability(clock);
    if (!isDatabaseUp) return { kind: 'json' as const, status: 503 as const, body: { status: 'down' } };
    const isWhole = Object.values(features).every(({ available, reason }) => available || reason === 'phase');
    return { status: isWhole ? ('ok' as const) : ('degraded' as const) };
  },
});
