/** All that decides about costs besides the plan: what is declared, what was measured, what is charged. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';
import { loadEndpoints, type RegisteredEndpoint } from '../loadEndpoints.ts';
import { checkedPrices } from './checkedPrices.ts';
import { type JobWork, readJobWork } from './jobWork.ts';
import type { PriceTable } from './priced.ts';

const Budget = z.strictObject({ reads: z.number(), writes: z.number(), roundTrips: z.number() });
export type Budget = z.output<typeof Budget>;

export interface Sources {
  endpoints: RegisteredEndpoint[];
  budgets: Record<string, Budget>;
  jobWork: JobWork;
  prices: PriceTable;
}

/** As they are committed. */
export async function readSources(): Promise<Sources> {
  const budgets = JSON.parse(readFileSync(join(projectFolder, 'docs', 'budgets.json'), 'utf8')) as unknown;
  return {
    endpoints: await loadEndpoints(),
    budgets: z.record(z.string(), Budget).parse(budgets),
    jobWork: readJobWork(),
    prices: checkedPrices(),
  };
}
