/**
 * Reports the service's day that has ended, in Korean, in English and as data; once a day. Days whose figures came late are reported
 * again, so that a report is right some days after at the latest.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { JOBS, runJob } from '#shared/jobs';
import { topMediai } from '#shared/music';
import { verifyLedger } from '#shared/operations';
import { type Books, readBalance, reportDays } from '#shared/reports';
import { config, required } from '#shared/runtime';

const LIMIT_S = 300;
/** Discrepancies whose kinds are told; all are counted. */
const MOST_TOLD = 20;

export const reportDailyUsage = defineEndpoint({
  name: 'reportDailyUsage',
  method: 'POST',
  summary: 'Report the day that has ended',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 50_000, writes: 70 }, // two for each day, of four weeks at most
  resources: { timeoutS: LIMIT_S, maxInstances: 1 },
  secrets: ['TOPMEDIAI_API_KEY'],
  input: z.strictObject({}),
  output: z.strictObject({ days: z.array(z.string()) }),
  errors: ['run_under_way'],
  cache: 'none',
  schedule: JOBS.reportDailyUsage,
  examples: [{ title: 'After midnight', input: {} }],

  handler: (_input, _caller, context) =>
    runJob(context, { job: 'reportDailyUsage', leaseMs: LIMIT_S * 1000 }, async ({ scheduledAt }) => {
      const provider = topMediai({ baseUrl: config().TOPMEDIAI_BASE_URL, apiKey: required('TOPMEDIAI_API_KEY') });
      const sources = { checkBooks, readBalance: () => readBalance(() => provider.getCredits(), context.clock) };
      return { days: await reportDays(scheduledAt, context.now, sources) };
    }),
});

/** Counts and kinds: whose entries they are is for the logs and the doctor. */
async function checkBooks(sinceAt: Date): Promise<Books> {
  const { checked, discrepancyCount, discrepancies } = await verifyLedger({ sinceAt, most: MOST_TOLD });
  const kinds: Books['kinds'] = {};
  for (const { kind } of discrepancies) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { ...checked, discrepancyCount, kinds };
}
