/** Documents that are read, written, deleted and kept, by the budgets that tests hold the functions to. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { figuresDocuments, runsOf, storedSongs } from './functionsUse.ts';
import type { Use } from './parts.ts';
import { DOCUMENTS, SONG } from './referenceUser.ts';
import type { Budget, Sources } from './sources.ts';
import { MONTH_S, type Plan, periodsWithCalls } from './workload.ts';

const GIB = 1024 ** 3;
const DAYS = 30;
const WEEKS = DAYS / 7;
/** Budgets are measured with pages of 5; a page that says nothing has 20. Both read one more. */
const LIST_FACTOR = 21 / 6;
/** `settings/service` and what each feature depends on, of one process in 10 s. */
const OPEN_READS = 5;
const OPEN_KNOWN_S = 10;
/** Somebody looks at every store in a period in which it was asked for; the watch does in any case. */
const PROBE_S = 15;
const PROBE = { reads: 2, writes: 2 };
/** A sum or a count reads so many entries of an index for the price of one document. */
const COUNTED_AT_ONCE = 1000;

export function databaseUse(plan: Plan, calls: Map<string, number>, sources: Sources): Use[] {
  const { endpoints, jobWork } = sources;
  const sum = { reads: 0, writes: 0 };
  const add = (times: number, { reads, writes }: { reads: number; writes: number }) => {
    sum.reads += times * reads;
    sum.writes += times * writes;
  };
  for (const endpoint of endpoints) {
    const count = calls.get(endpoint.name) ?? 0;
    const budget = sources.budgets[endpoint.name];
    if (budget) add(count, withPipeline(endpoint, budget, count));
    const idle = jobWork.idle[endpoint.name];
    if (endpoint.access === 'scheduler' && idle) add(runsOf(endpoint), idle);
  }
  const requests = plan.users * plan.songs;
  add(requests, jobWork.generation);
  add(requests, { reads: SONG.listenedReads, writes: 0 });
  add(DAYS * storedSongs(plan), jobWork.sweptSong);
  add(figuresDocuments(calls), { ...jobWork.figuresDocument, writes: jobWork.figuresDocument.writes + 1 });
  add(storageProbes(calls, endpoints), PROBE);
  const lapsed = plan.users * plan.plays + figuresDocuments(calls) + requests + plan.users * DAYS;
  return [
    { part: 'firestore', price: 'documentsRead', units: sum.reads },
    { part: 'firestore', price: 'documentsWritten', units: sum.writes },
    { part: 'firestore', price: 'documentsDeleted', units: lapsed, isNeverFree: true }, // plays, figures, keys and windows, by TTL
    { part: 'firestore', price: 'databaseGib', units: (storedDocuments(plan) * DOCUMENTS.bytesWithIndexes) / GIB },
  ];
}

/** Each day all documents are exported; each week they are read twice, to be compared, and brought back once. */
export function backupUse(plan: Plan): Use[] {
  const documents = storedDocuments(plan);
  const isNeverFree = true; // another database than the default one
  return [
    { part: 'backups_reads', price: 'documentsRead', units: documents * (DAYS + WEEKS) + (DAYS * documents) / COUNTED_AT_ONCE },
    { part: 'weekly_check', price: 'documentsWritten', units: documents * WEEKS, isNeverFree },
    { part: 'weekly_check', price: 'documentsRead', units: documents * WEEKS, isNeverFree },
    // It is there for a day at most.
    { part: 'weekly_check', price: 'databaseGib', units: ((documents * DOCUMENTS.bytesWithIndexes) / GIB) * (WEEKS / DAYS), isNeverFree },
  ];
}

export function storedDocuments(plan: Plan): number {
  const { users, plays, songs, months } = plan;
  const perMonth = songs * (DOCUMENTS.request + SONG.perRequest * DOCUMENTS.song) + plays * 0.05 * DOCUMENTS.like + DOCUMENTS.picture;
  return users * (DOCUMENTS.person + months * perMonth + (plays * DOCUMENTS.playDays) / DAYS);
}

export function storageProbes(calls: Map<string, number>, endpoints: RegisteredEndpoint[]): number {
  const needsStorage = endpoints.filter(({ feature }) => ['streaming', 'generation', 'uploads'].includes(feature));
  const asked = needsStorage.reduce((sum, { name }) => sum + (calls.get(name) ?? 0), 0);
  return Math.max(MONTH_S / 60, periodsWithCalls(asked, PROBE_S));
}

/** What is asked of a caller and a feature before the function begins. */
function withPipeline({ name, access, rate, feature }: RegisteredEndpoint, budget: Budget, count: number) {
  const known = Math.exp(-(count * OPEN_KNOWN_S) / MONTH_S); // nobody has called this process a moment ago
  const open = feature === 'none' ? 0 : OPEN_READS * known;
  const isLeased = rate !== 'none' && rate !== 'signIn' && rate !== 'stream' && access !== 'scheduler';
  const caller = isLeased ? { reads: 2, writes: 1 } : { reads: rate === 'stream' ? 1 : 0, writes: 0 };
  const factor = name.startsWith('list') ? LIST_FACTOR : 1;
  return { reads: budget.reads * factor + caller.reads + open, writes: budget.writes + caller.writes };
}
