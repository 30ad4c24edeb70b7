import { BYTES_PER_PLAY, DOCUMENTS_PER_REQUEST, PRICES, type PriceName } from './prices.ts';
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
const DAYS_OF_MONTH = 30;

/**
 * Roughly what the day cost at Google, without free quotas, so that it is an upper bound for a small service. The provider's credits are
 * bought in other ways, and stand beside it.
 */
export function costOfDay({ vcpuMs, gibMs, billedRequests, plays, storageBytes }: Consumption): ReportFacts['cost'] {
  const { read, written } = DOCUMENTS_PER_REQUEST;
  const amounts = {
    compute: at('vcpuS', vcpuMs / 1000) + at('gibS', gibMs / 1000),
    requests: at('requests', billedRequests),
    database: at('documentsRead', billedRequests * read) + at('documentsWritten', billedRequests * written),
    storage: at('storedGib', storageBytes / GIB) / DAYS_OF_MONTH,
    egress: at('sentGib', (plays * BYTES_PER_PLAY) / GIB),
  };
  const items = Object.entries(amounts).map(([what, amount]) => ({ what: what as keyof typeof amounts, amount: inCents(amount) }));
  const source = `Google Cloud list prices, asia-northeast3, noted ${PRICES.vcpuS.asOf}`;
  return { currency: 'USD', total: inCents(items.reduce((sum, { amount }) => sum + amount, 0)), items, source };
}

function at(price: PriceName, units: number): number {
  return (units * PRICES[price].usd) / PRICES[price].per;
}

/** To a hundredth of a cent. */
function inCents(amount: number): number {
  return Number(amount.toFixed(4));
}
