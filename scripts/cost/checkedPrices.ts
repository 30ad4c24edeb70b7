import { z } from 'zod';
import { PRICES } from '#shared/reports';
import type { PriceTable } from './priced.ts';

const Amount = z.number().nonnegative();

const PriceEntry = z.strictObject({
  usd: Amount,
  per: z.number().positive(),
  unit: z.string().min(1),
  freePerMonth: Amount.optional(),
  beyond: z.array(z.strictObject({ units: Amount, usd: Amount })).optional(),
  source: z.string().min(10),
  asOf: z.iso.date(),
  isCompared: z.boolean(),
});

/** @throws naming each entry that lacks its source, its date or anything else */
export function checkedPrices(table: Record<string, unknown> = PRICES): PriceTable {
  const checked = z.record(z.string(), PriceEntry).safeParse(table);
  if (checked.success) return table as PriceTable;
  const faults = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`The price table is not whole. ${faults.join('; ')}`);
}
