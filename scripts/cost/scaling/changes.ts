/** What the changes that growth asks for would cost, or save, in a month. */
import type { PriceName } from '#shared/reports';
import type { MonthCost } from '../costOfMonth.ts';
import { heldSeconds } from '../functionsUse.ts';
import type { Use } from '../parts.ts';
import { priced } from '../priced.ts';
import { SONG } from '../referenceUser.ts';
import type { Sources } from '../sources.ts';
import { MONTH_S } from '../workload.ts';
import type { Load } from './load.ts';

export interface Change {
  what: string;
  /** In dollars; less than nothing: it saves. */
  usd(load: Load, sources: Sources): number;
}

/** Of what listeners ask a CDN for, the part that it has not. */
const MISSED = 0.1;
/** Looks at a song in the making, of a task each. */
const POLLS = 14;

export const CHANGES: Change[] = [
  {
    what: 'a CDN before the bucket, which has nine of ten songs that are asked for',
    usd: ({ month }, sources) => {
      const gib = unitsOf(month, 'egress', 'sentGib');
      const cdn = [use('cdnSentGib', gib), use('sentGib', gib * MISSED), use('loadBalancerHours', MONTH_S / 3600)];
      return amount(cdn, sources) - usdOf(month, 'egress');
    },
  },
  {
    what: 'tasks of Cloud Tasks instead of a worker that waits',
    usd: ({ plan, month }, sources) => {
      const requests = plan.users * plan.songs;
      const busyS = unitsOf(month, 'jobs', 'vcpuS') - waitedS(requests, sources);
      const before = amount([use('vcpuS', unitsOf(month, 'jobs', 'vcpuS'))], sources);
      return amount([use('queuedTasks', requests * POLLS * 2), use('vcpuS', Math.max(0, busyS))], sources) - before;
    },
  },
  {
    what: 'a second region: songs, documents and writes once more',
    usd: ({ month, plan }, sources) => {
      const newGib = (plan.users * plan.songs * SONG.perRequest * (SONG.bytes + SONG.coverBytes)) / 1024 ** 3;
      const copied = amount([use('storedGib', unitsOf(month, 'media', 'storedGib')), use('sentGib', newGib)], sources);
      return copied + usdOf(month, 'firestore');
    },
  },
  {
    what: 'songs that nobody has played for a year in Nearline, half of all',
    usd: ({ month }) => -usdOf(month, 'media', 'storedGib') * 0.5 * (1 - NEARLINE_SHARE),
  },
  {
    what: 'a part of the songs swept each night instead of all',
    usd: ({ songs }, sources) => -amount([use('documentsRead', songs * sources.jobWork.sweptSong.reads * 30 * (1 - 1 / 30))], sources),
  },
];

/** Nearline's price of storage against Standard's; cloud.google.com/storage/pricing. */
const NEARLINE_SHARE = 0.016 / 0.023;

/** Seconds of processors that songs in the making hold, beyond what is computed for them. */
function waitedS(requests: number, sources: Sources): number {
  const cpu = sources.endpoints.find(({ name }) => name === 'advanceGenerations')?.resources.cpu ?? 1;
  const computedS = (requests * sources.jobWork.generation.cpuMs) / 1000;
  return Math.max(0, requests * heldSeconds(sources.jobWork) * cpu - computedS);
}

function use(price: PriceName, units: number): Use {
  return { part: 'firestore', price, units, isNeverFree: true };
}

function amount(uses: Use[], { prices }: Sources): number {
  return priced(uses, prices).reduce((sum, { usd }) => sum + usd, 0);
}

function unitsOf({ lines }: MonthCost, part: string, price: PriceName): number {
  return lines.filter((line) => line.part === part && line.price === price).reduce((sum, { units }) => sum + units, 0);
}

function usdOf({ lines }: MonthCost, part: string, price?: PriceName): number {
  return lines.filter((line) => line.part === part && (!price || line.price === price)).reduce((sum, { usd }) => sum + usd, 0);
}
