/** From use to money: each line at its price, free quotas taken off once, the whole summed up. */
import type { Price, PriceName } from '#shared/reports';
import { PARTS, type Part, type Row, type Use } from './parts.ts';

export type PriceTable = Record<PriceName, Price>;

/** One line of the bill: all that one part uses at one price. */
export interface Line {
  part: Part;
  row: Row;
  price: PriceName;
  units: number;
  unit: string;
  grossUsd: number;
  freeUsd: number;
  usd: number;
}

/** A quota is one for the whole month: what shares it gets it in proportion. */
export function priced(uses: Use[], table: PriceTable): Line[] {
  const byPrice = Map.groupBy(joined(uses), ({ price }) => price);
  return [...byPrice].flatMap(([name, lines]) => {
    const price = table[name];
    const grossOfAll = amountOf(price, sumOf(lines));
    const eligible = lines.filter(({ isNeverFree }) => !isNeverFree);
    const freeUnits = Math.min(price.freePerMonth ?? 0, sumOf(eligible));
    const freeOfAll = (freeUnits * price.usd) / price.per;
    return lines.map((line) => {
      const grossUsd = line.units === 0 ? 0 : (grossOfAll * line.units) / sumOf(lines);
      const freeUsd = line.isNeverFree || line.units === 0 ? 0 : Math.min(grossUsd, (freeOfAll * line.units) / sumOf(eligible));
      const { part, units } = line;
      return { part, row: PARTS[part], price: name, units, unit: price.unit, grossUsd, freeUsd, usd: grossUsd - freeUsd };
    });
  });
}

function joined(uses: Use[]): Use[] {
  const groups = Map.groupBy(uses, ({ part, price, isNeverFree }) => `${part} ${price} ${isNeverFree ?? false}`);
  return [...groups.values()].map((group) => ({ ...group[0]!, units: sumOf(group) }));
}

function sumOf(uses: { units: number }[]): number {
  return uses.reduce((sum, { units }) => sum + units, 0);
}

/** Each step's units at the price of that step. */
function amountOf({ usd, per, beyond = [] }: Price, units: number): number {
  const steps = [{ units: 0, usd }, ...beyond];
  return steps.reduce((sum, step, index) => {
    const upTo = steps[index + 1]?.units ?? Number.POSITIVE_INFINITY;
    return sum + (Math.max(0, Math.min(units, upTo) - step.units) * step.usd) / per;
  }, 0);
}
