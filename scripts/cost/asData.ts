import type { MonthCost } from './costOfMonth.ts';
import { estimateFor } from './originalEstimate.ts';
import type { Sources } from './sources.ts';
import { worstHour } from './worstHour.ts';

/** For `--json`: everything that the tables say. Dollars to a hundredth of a cent, so that sums are right. */
export function asData({ plan, lines, grossUsd, totalUsd, providerUsd }: MonthCost, sources: Sources): object {
  const { rest, api, total, users } = estimateFor(plan.users);
  const worst = worstHour(sources);
  return {
    currency: 'USD',
    ...plan,
    totalUsd: cents(totalUsd),
    providerUsd: cents(providerUsd),
    grossUsd: cents(grossUsd),
    freeUsd: cents(grossUsd - totalUsd),
    rows: lines.map((line) => {
      const { usd, per, unit, source, asOf, isCompared } = sources.prices[line.price];
      return {
        ...{ part: line.part, row: line.row, price: line.price, units: Math.round(line.units * 1000) / 1000, unit },
        ...{ grossUsd: cents(line.grossUsd), freeUsd: cents(line.freeUsd), usd: cents(line.usd) },
        listPrice: { usd, per, source, asOf, isCompared },
      };
    }),
    original: { users, totalUsd: total, providerUsd: api, hostingDatabaseAndStorageUsd: rest },
    worstHour: { ...worst, computeUsd: cents(worst.computeUsd), requestsUsd: cents(worst.requestsUsd), totalUsd: cents(worst.totalUsd) },
  };
}

function cents(usd: number): number {
  return Number(usd.toFixed(4));
}
