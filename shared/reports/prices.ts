/**
 * What everything costs in Seoul (asia-northeast3), in US dollars without tax: the one table for the daily report and for
 * `npm run cost`. Free quotas are Google's; the daily report leaves them out.
 */

export interface Price {
  /** For `per` units. */
  usd: number;
  per: number;
  unit: string;
  /** Units of a month that cost nothing; daily ones count 30 times. */
  freePerMonth?: number;
  /** From so many units of a month on, another amount for `per`. In rising order. */
  beyond?: { units: number; usd: number }[];
  source: string;
  /** When it was looked up. */
  asOf: string;
  /** The amount itself was read on a copy of the source's page. Else it is noted from elsewhere: look there before relying on it. */
  isCompared: boolean;
}

const MILLION = 1_000_000;
const DAYS = 30;
const TIB = 1024;
const asOf = '2026-11-24';
const RUN = { source: 'cloud.google.com/run/pricing, tier 2, request-based billing', asOf };
const FIRESTORE = { source: 'cloud.google.com/firestore/pricing, asia-northeast3, Standard edition', asOf };
const STORAGE = { source: 'cloud.google.com/storage/pricing', asOf };
const OBSERVABILITY = { source: 'cloud.google.com/stackdriver/pricing', asOf };
const SECRETS = { source: 'cloud.google.com/secret-manager/pricing', asOf, isCompared: true };

// Cloud Run's free tier is a discount in money at tier 1's prices, so it is less of tier 2's seconds.
const FREE_VCPU_S = 180_000 * (0.000024 / 0.0000336);
const FREE_GIB_S = 360_000 * (0.0000025 / 0.0000035);

export const PRICES = {
  vcpuS: { usd: 0.0000336, per: 1, unit: 'vCPU-second', freePerMonth: FREE_VCPU_S, ...RUN, isCompared: false },
  gibS: { usd: 0.0000035, per: 1, unit: 'GiB-second', freePerMonth: FREE_GIB_S, ...RUN, isCompared: false },
  requests: { usd: 0.4, per: MILLION, unit: 'request', freePerMonth: 2 * MILLION, ...RUN, isCompared: true },
  documentsRead: { usd: 0.38, per: MILLION, unit: 'document', freePerMonth: 50_000 * DAYS, ...FIRESTORE, isCompared: false },
  documentsWritten: { usd: 1.15, per: MILLION, unit: 'document', freePerMonth: 20_000 * DAYS, ...FIRESTORE, isCompared: false },
  documentsDeleted: { usd: 0.13, per: MILLION, unit: 'document', freePerMonth: 20_000 * DAYS, ...FIRESTORE, isCompared: false },
  databaseGib: { usd: 0.18, per: 1, unit: 'GiB-month', freePerMonth: 1, ...FIRESTORE, isCompared: false },
  storedGib: { usd: 0.023, per: 1, unit: 'GiB-month', ...STORAGE, isCompared: false },
  operationsA: { usd: 0.005, per: 1000, unit: 'operation', ...STORAGE, isCompared: true },
  operationsB: { usd: 0.0004, per: 1000, unit: 'operation', ...STORAGE, isCompared: true },
  sentGib: {
    ...{ usd: 0.12, per: 1, unit: 'GiB' },
    beyond: [
      { units: TIB, usd: 0.11 },
      { units: 10 * TIB, usd: 0.08 },
    ],
    ...{ source: 'cloud.google.com/storage/pricing#network-egress, to Asia; egresscost.com/gcp/regions', asOf, isCompared: true },
  },
  // Not used as it is deployed: for what a CDN and a queue would cost (docs/scaling.md).
  cdnSentGib: {
    ...{ usd: 0.09, per: 1, unit: 'GiB' },
    beyond: [
      { units: 10 * TIB, usd: 0.06 },
      { units: 150 * TIB, usd: 0.05 },
    ],
    ...{ source: 'cloud.google.com/cdn/pricing, to Asia', asOf, isCompared: false },
  },
  loadBalancerHours: {
    ...{ usd: 0.025, per: 1, unit: 'hour' },
    ...{ source: 'cloud.google.com/vpc/network-pricing#lb, the first five forwarding rules', asOf, isCompared: false },
  },
  queuedTasks: {
    ...{ usd: 0.4, per: MILLION, unit: 'operation', freePerMonth: MILLION },
    ...{ source: 'cloud.google.com/tasks/pricing', asOf, isCompared: false },
  },
  hostingSentGib: {
    ...{ usd: 0.15, per: 1, unit: 'GiB', freePerMonth: 0.36 * DAYS },
    ...{ source: 'firebase.google.com/pricing', asOf, isCompared: true },
  },
  schedulerJobs: {
    ...{ usd: 0.1, per: 1, unit: 'job', freePerMonth: 3 },
    ...{ source: 'cloud.google.com/scheduler/pricing', asOf, isCompared: true },
  },
  logGib: { usd: 0.5, per: 1, unit: 'GiB', freePerMonth: 50, ...OBSERVABILITY, isCompared: true },
  metricMib: { usd: 0.258, per: 1, unit: 'MiB', freePerMonth: 150, ...OBSERVABILITY, isCompared: true },
  // Announced as 1.50 at first, and charged since 2026 by what a condition refers to.
  alertConditions: { usd: 0.1, per: 1, unit: 'condition', ...OBSERVABILITY, isCompared: false },
  alertPoints: { usd: 0.35, per: MILLION, unit: 'point', ...OBSERVABILITY, isCompared: true },
  uptimeChecks: { usd: 0.3, per: 1000, unit: 'execution', freePerMonth: MILLION, ...OBSERVABILITY, isCompared: false },
  secretVersions: { usd: 0.06, per: 1, unit: 'version', freePerMonth: 6, ...SECRETS },
  secretAccesses: { usd: 0.03, per: 10_000, unit: 'access', freePerMonth: 10_000, ...SECRETS },
  imageGib: {
    ...{ usd: 0.1, per: 1, unit: 'GiB-month', freePerMonth: 0.5 },
    ...{ source: 'cloud.google.com/artifact-registry/pricing', asOf, isCompared: true },
  },
  buildMinutes: {
    ...{ usd: 0.006, per: 1, unit: 'minute', freePerMonth: 2500 },
    ...{ source: 'cloud.google.com/cloud-build/pricing, e2-standard-2', asOf, isCompared: true },
  },
  activePeople: {
    ...{ usd: 0.0055, per: 1, unit: 'person', freePerMonth: 50_000 },
    beyond: [
      { units: 100_000, usd: 0.0046 },
      { units: MILLION, usd: 0.0032 },
    ],
    ...{ source: 'cloud.google.com/identity-platform/pricing, tier 1 (e-mail and social sign-in)', asOf, isCompared: false },
  },
  providerCredits: {
    ...{ usd: 0.011, per: 1, unit: 'credit' },
    source: 'The provider publishes no price: the former estimate paid $50 for 4,500 credits (500 users, 3 songs, 3 credits each)',
    ...{ asOf, isCompared: false },
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** Of an average request, by `docs/budgets.json` and the traffic of the reference user: he mostly reads and listens. */
export const DOCUMENTS_PER_REQUEST = { read: 4, written: 0.6 } as const;

/** Three minutes at 192 kbit/s. */
export const BYTES_PER_PLAY = (192_000 / 8) * 180;
