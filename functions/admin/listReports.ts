/** The reports of the service's days, those written last first. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { listReports as listPage, Report } from '#shared/reports';

export const listReports = defineEndpoint({
  name: 'listReports',
  method: 'GET',
  summary: 'List the daily reports',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject(pageInput),
  output: list(Report),
  errors: [],
  cache: 'none',
  examples: [{ title: 'The last week', input: { limit: 7 } }],

  handler: (page) => listPage(page),
});
