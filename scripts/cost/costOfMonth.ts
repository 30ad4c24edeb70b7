/** What a month costs: the model behind `npm run cost` and docs/scaling.md. */
import { backupUse, databaseUse } from './databaseUse.ts';
import { functionsUse, jobsUse } from './functionsUse.ts';
import { egressUse, keptBackupsUse, mediaUse } from './mediaUse.ts';
import { platformUse } from './platformUse.ts';
import { type Line, priced } from './priced.ts';
import type { Sources } from './sources.ts';
import { callsOf, type Plan } from './workload.ts';

export interface MonthCost {
  plan: Plan;
  calls: Map<string, number>;
  lines: Line[];
  /** Before and after free quotas, without the provider. */
  grossUsd: number;
  totalUsd: number;
  providerUsd: number;
}

export function costOfMonth(plan: Plan, sources: Sources): MonthCost {
  const { endpoints } = sources;
  const calls = callsOf(plan, endpoints);
  const uses = [
    ...functionsUse(calls, sources),
    ...jobsUse(plan, calls, sources),
    ...databaseUse(plan, calls, sources),
    ...backupUse(plan),
    ...mediaUse(plan, calls, sources),
    ...egressUse(plan, calls),
    ...keptBackupsUse(plan),
    ...platformUse(plan, calls, endpoints),
  ];
  const lines = priced(uses, sources.prices);
  const [provider, ours] = [true, false].map((isProvider) => lines.filter(({ part }) => (part === 'provider') === isProvider));
  const sum = (of: Line[], amount: 'usd' | 'grossUsd') => of.reduce((total, line) => total + line[amount], 0);
  return {
    ...{ plan, calls, lines },
    grossUsd: sum(ours!, 'grossUsd'),
    totalUsd: sum(ours!, 'usd'),
    providerUsd: sum(provider!, 'usd'),
  };
}
