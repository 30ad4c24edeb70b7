/**
 * List prices in Seoul (asia-northeast3), in US dollars without tax, and what an average request and listen ask for. Free quotas are
 * left out, so that the estimate is an upper bound for a small service.
 *
 * Noted on 2026-11-23 and not yet compared with the pages themselves: cloud.google.com/run/pricing (tier 2, request-based),
 * cloud.google.com/firestore/pricing, cloud.google.com/storage/pricing, cloud.google.com/vpc/network-pricing. Look there before relying
 * on a sum.
 */
export const PRICES = {
  source: 'Google Cloud list prices, asia-northeast3, noted 2026-11-23',
  perVcpuS: 0.0000336,
  perGibS: 0.0000035,
  perMillionRequests: 0.4,
  perMillionDocumentsRead: 0.38,
  perMillionDocumentsWritten: 1.15,
  perGibMonthStored: 0.023,
  perGibSent: 0.12,
} as const;

/** Of an average request, by `docs/budgets.json` and the traffic of the reference user: he mostly reads and listens. */
export const DOCUMENTS_PER_REQUEST = { read: 4, written: 0.6 } as const;

/** Three minutes at 192 kbit/s. */
export const BYTES_PER_PLAY = (192_000 / 8) * 180;
