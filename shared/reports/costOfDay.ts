import { BYTES_PER_PLAY, DOCUMENTS_PER_REQUEST, PRICES } from './prices.ts';
import type { ReportFacts } from './schema.ts';

/** What the day's work and what is kept add up to. */
export interface Consumption {
  vcpuMs: number;
  gibMs: number;
  billedRequests: number;
  plays: number;
  storageBytes: number;
}

const GIB = 1024 ** 3;
const MILLION = 1_000_000;
const DAYS_OF_MONTH = 30;

/** Roughly what the day cost at Google. The provider's credits are bought in other ways, and stand beside it. */
export function costOfDay({ vcpuMs, gibMs, billedRequests, plays, storageBytes }: Consumption): ReportFacts['cost'] {
  const { read, written } = DOCUMENTS_PER_REQUEST;
  const amounts = {
    compute: (vcpuMs / 1000) * PRICES.perVcpuS + (gibMs / 1000) * PRICES.perGibS,
    requests: (billedRequests / MILLION) * PRICES.perMillionRequests,
    database: (billedRequests / MILLION) * (read * PRICES.perMillionDocumentsRead + written * PRICES.perMillionDocumentsWritten),
    storage: ((storageBytes / GIB) * PRICES.perGibMonthStored) / DAYS_OF_MONTH,
    egress: ((plays * BYTES_PER_PLAY) / GIB) * PRICES.perGibSent,
  };
  const items = Object.entries(amounts).map(([what, amount]) => ({ what: what as keyof typeof amounts, amount: inCents(amount) }));
  return { currency: 'USD', total: inCents(items.reduce((sum, { amount }) => sum + amount, 0)), items, source: PRICES.source };
}

/** To a hundredth of a cent. */
function inCents(amount: number): number {
  return Number(amount.toFixed(4));
}
