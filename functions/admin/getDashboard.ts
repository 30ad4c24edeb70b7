/** How the service is doing: now, today, the last 24 hours and the last 30 days, from sums that are made each minute. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { DASHBOARD_READS, Dashboard, readDashboard } from '#shared/figures';
import { config } from '#shared/runtime';

export const getDashboard = defineEndpoint({
  name: 'getDashboard',
  method: 'GET',
  summary: 'Read how the service is doing',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: DASHBOARD_READS, writes: 0 },
  input: z.strictObject({}),
  output: z.strictObject({ dashboard: Dashboard }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'All of it', input: {} }],

  handler: async (_input, _caller, { now }) => ({ dashboard: await readDashboard(now, config().SERVICE_TIME_ZONE) }),
});
