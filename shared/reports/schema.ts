import { z } from 'zod';

export const REPORTS = 'reports';

const Count = z.number().min(0);
const Ms = z.number().min(0).nullable();

/** An estimate by a price list: see `prices.ts`. */
const Cost = z.strictObject({
  currency: z.literal('USD'),
  total: Count,
  items: z.array(z.strictObject({ what: z.enum(['compute', 'requests', 'database', 'storage', 'egress']), amount: Count })),
  /** Where the prices are from, and of which day. */
  source: z.string(),
});

/** The account with the music provider, as it was at a moment, beside what we had counted of that day by then. */
export const Reading = z.strictObject({
  credits: z.number(),
  readAt: z.iso.datetime(),
  /** The service's day of `readAt`. */
  day: z.string(),
  counted: Count,
  /** Of those: orders of which nobody knows whether they were taken. */
  uncertain: Count,
  /** Of orders that were just being sent: in the balance perhaps, and not yet counted. */
  onTheWay: Count.default(0),
});
export type Reading = z.output<typeof Reading>;

export const ProviderCredits = z.strictObject({
  /** Of the day, by our count. */
  counted: Count,
  uncertain: Count,
  /** null: the provider has not said. */
  reading: Reading.nullable(),
  /** Between the reading before and this one; null without either. */
  between: z.strictObject({ since: z.iso.datetime(), counted: Count, uncertain: Count, taken: z.number() }).nullable(),
  verdict: z.enum(['agrees', 'explained', 'toppedUp', 'differs', 'notKnown']),
});
export type ProviderCredits = z.output<typeof ProviderCredits>;

const Books = z.strictObject({
  entries: Count,
  requests: Count,
  balances: Count,
  discrepancyCount: Count,
  /** Of the first of them, how many of each kind. */
  kinds: z.record(z.string(), z.int()),
});
export type Books = z.output<typeof Books>;

export const ReportedIncident = z.strictObject({
  incidentId: z.string(),
  alert: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  title: z.strictObject({ en: z.string(), ko: z.string() }),
  openedAt: z.iso.datetime(),
  resolvedAt: z.iso.datetime().nullable(),
});
export type ReportedIncident = z.output<typeof ReportedIncident>;

/** A day of the service, and exactly what `reports/{day}` holds: sums and shares, and nothing of a person. */
export const Report = z.strictObject({
  day: z.string(),
  timeZone: z.string(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  signUps: Count,
  activeCallers: Count,
  requests: Count,
  errors5xx: Count,
  errorShare: Count.nullable(),
  refusals: Count,
  callersRefused: Count,
  cacheHitShare: Count.nullable(),
  p95Ms: Ms,
  signInCheckP95Ms: Ms,
  plays: Count,
  /** Requests for songs: those that came on this day, and those that ended on it. */
  generations: z.strictObject({ asked: Count, ready: Count, failed: Count, cancelled: Count, p50Ms: Ms, p95Ms: Ms }),
  storageBytes: Count.nullable(),
  providerCredits: ProviderCredits,
  /** What the provider took and nothing of ours explains, in its credits; less than 0: it took less. 0 is as it should be; null: not known. */
  creditsDifference: z.number().nullable(),
  cost: Cost,
  books: Books,
  /** Open at some moment of this day. */
  incidents: z.array(ReportedIncident),
  text: z.strictObject({ en: z.string(), ko: z.string() }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Report = z.output<typeof Report>;

/** Everything but its words. */
export type ReportFacts = Omit<Report, 'text' | 'createdAt' | 'updatedAt'>;
