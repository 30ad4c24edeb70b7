/** Where the design ends, as data: what is compared with what, and what is to be changed there. */
import { ROLL_UP_BOUNDS } from '#shared/figures';
import { DEFAULT_SETTINGS } from '#shared/runtime';
import { SONGS_AT_ONCE } from '../functionsUse.ts';
import { SONG } from '../referenceUser.ts';
import type { Sources } from '../sources.ts';
import { type Load, PEAK } from './load.ts';

export interface Limit {
  what: string;
  unit: string;
  /** In the busiest hour, or of a day where it says so. */
  needs(load: Load): number;
  has(load: Load, sources: Sources): number;
  /** Where the amount that there is comes from. */
  source: string;
  change: string;
}

/** Of 300 public songs by Zipf's law with exponent 1.0, the first: 1 / (1 + 1/2 + … + 1/300). */
const SHARE_OF_FIRST = 1 / Array.from({ length: 300 }, (_, at) => 1 / (at + 1)).reduce((sum, share) => sum + share, 0);
const SHARDS = 4;
const DAY_S = 86_400;
const HOUR_S = 3600;
/** A page of 300 documents is read, digested and stored in about so long. */
const PAGE_OF_DOCUMENTS = 300;
const PAGE_S = 0.15;
/** A sweep reads so many documents for a song, and about so many in a second. */
const SWEPT_READS = 9;
const SWEPT_PER_S = 2_000;

export const LIMITS: Limit[] = [
  {
    what: 'plays of one song, by shard of its counter',
    unit: 'writes/s',
    needs: ({ playsPerS }) => (playsPerS * SHARE_OF_FIRST) / SHARDS,
    has: () => 1,
    source: 'Firestore: one document about once a second; `counters` has 4 shards',
    change: 'more shards: their number is one constant, and sums take any',
  },
  {
    what: 'the day’s provider credits, one document',
    unit: 'writes/s',
    needs: ({ ordersPerS }) => ordersPerS,
    has: () => 1,
    source: 'Firestore: one document about once a second; `quotas/service_<day>`',
    change: 'shards of the day, summed up when the budget is asked for',
  },
  {
    what: 'plays, indexed by time',
    unit: 'writes/s',
    needs: ({ playsPerS }) => playsPerS,
    has: () => 500,
    source: 'Firestore: an index of rising values takes 500 writes a second',
    change: 'a shard before the time in the index',
  },
  {
    what: 'figures of processes',
    unit: 'documents/min',
    needs: ({ instances }) => instances,
    has: () => ROLL_UP_BOUNDS.writes,
    source: '`ROLL_UP_BOUNDS` of one minute’s watch',
    change: 'higher bounds, or figures by Cloud Monitoring alone',
  },
  {
    what: 'songs in the making at once',
    unit: 'songs',
    needs: ({ songsInTheMaking }) => songsInTheMaking,
    has: (_load, { endpoints }) =>
      (endpoints.find(({ name }) => name === 'advanceGenerations')?.resources.maxInstances ?? 0) * SONGS_AT_ONCE,
    source: '`maxInstances` of advanceGenerations, 10 requests in hand of each',
    change: 'a task of Cloud Tasks for each poll instead of a worker that waits: the Scheduler starts one run a minute',
  },
  {
    what: 'the provider’s credits',
    unit: 'credits/day',
    needs: ({ ordersPerS }) => (ordersPerS / PEAK) * DAY_S * SONG.providerCredits,
    has: () => DEFAULT_SETTINGS.providerCreditsPerDay,
    source: '`settings/service`, as it is by default: operators set it',
    change: 'a higher setting, and a contract: the provider publishes no limit of its own',
  },
  {
    what: 'instances of the tightest function',
    unit: 'instances',
    needs: ({ tightest }) => tightest.needs,
    has: ({ tightest }) => tightest.has,
    source: '`maxInstances` of its definition',
    change: 'a higher `maxInstances`',
  },
  {
    what: 'processors',
    unit: 'vCPU',
    needs: ({ vcpus }) => vcpus,
    has: () => 200,
    source: 'Cloud Run’s quota of a region (cloud.google.com/run/quotas; new projects may have less: `npm run doctor`)',
    change: 'a higher quota, then a second region',
  },
  {
    what: 'bytes to listeners',
    unit: 'Gbit/s',
    needs: ({ egressGbitPerS }) => egressGbitPerS,
    has: () => 200,
    source: 'Cloud Storage’s quota of a project in a region (cloud.google.com/storage/quotas)',
    change: 'a CDN before the bucket, for its price long before',
  },
  {
    what: 'the weekly backup reads at one instant',
    unit: 's',
    needs: ({ documents }) => (documents / PAGE_OF_DOCUMENTS) * PAGE_S,
    has: () => HOUR_S,
    source: 'Firestore: an instant of the last hour',
    change: 'point-in-time recovery (7 days), and digests by several processes',
  },
  {
    what: 'a sweep of everything',
    unit: 's',
    needs: ({ songs }) => (songs * SWEPT_READS) / SWEPT_PER_S,
    has: () => DAY_S,
    source: '`sweepStorage` begins each night',
    change: 'a part of the songs each night',
  },
];
