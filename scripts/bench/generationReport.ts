/** From what the workers told to the table of the benchmark `generation`. */
import { readFile } from 'node:fs/promises';
import { mostAtOnce } from './polls.ts';
import { mebibytes, seconds, showTable } from './showTable.ts';
import { mean, quantile } from './spread.ts';
import type { WorkerSample } from './workerCrew.ts';
import type { Claim, Cost, Moment } from './workTally.ts';

/** What the provider knows of one task: how often it was asked for, and how often at the same moment. */
export interface TaskPolls {
  count: number;
  mostAtOnce: number;
}

export interface Outcome {
  ids: string[];
  slowId: string | undefined;
  startedAtMs: number;
  samples: WorkerSample[][];
  logFiles: string[];
  /** Orders that the provider has taken. */
  accepted: number;
  polls: TaskPolls[];
  /** How many requests stand in which state. */
  states: Record<string, number>;
  /** Documents that a worker would still find. */
  left: number;
}

type Row = [what: string, value: string];

/** @returns the table, and whether all songs were made, each ordered once, and no task was asked for by two at once */
export async function reportGeneration(outcome: Outcome): Promise<{ text: string; isGood: boolean }> {
  const { ids, samples, accepted, states, left } = outcome;
  const all = samples.flat();
  const ended = firsts(all.flatMap((sample) => sample.ended));
  const done = firsts(all.flatMap((sample) => sample.done));
  const calls = all.flatMap((sample) => sample.polls);
  // Two witnesses: the workers, who know when they had asked, and the provider, who knows when it was being asked.
  const atOnce = Math.max(mostAtOnce(calls), ...outcome.polls.map((polls) => polls.mostAtOnce));
  const ready = states['ready'] ?? 0;
  const isGood = ready === ids.length && left === 0 && accepted === ids.length && atOnce <= 1;
  const rows: Row[] = [
    [
      'requests, and how they stand',
      `${ids.length}: ${Object.entries(states)
        .map(([state, count]) => `${count} ${state}`)
        .join(', ')}`,
    ],
    ['orders that the provider took', String(accepted)],
    ['documents still to be looked at', String(left)],
    ...paceRows(outcome, ended, done),
    ['provider calls of getTasks', String(calls.length)],
    ['polls of one task', mean(outcome.polls.map(({ count }) => count)).toFixed(1)],
    ['  at the same moment, at most', String(atOnce)],
    ...costRows(all, done, ids.length),
    ...transactionRows(all),
    ['log lines of warning or lost leases', await countLogLines(outcome.logFiles)],
    ...delayRows(all.flatMap((sample) => sample.claims)),
    ...memoryRows(samples, done),
    ...slowRows(outcome, ended),
  ];
  return { text: showTable(['generation', ''], rows), isGood };
}

/** Two workers may both have seen it. */
function firsts(moments: Moment[]): Moment[] {
  const sorted = moments.toSorted((a, b) => a.atMs - b.atMs);
  return [...new Map(sorted.toReversed().map((moment) => [moment.id, moment])).values()].toSorted((a, b) => a.atMs - b.atMs);
}

function paceRows({ startedAtMs, samples }: Outcome, ended: Moment[], done: Moment[]): Row[] {
  const orders = samples.flat().flatMap(({ claims }) => claims.filter(({ state }) => state === 'queued'));
  const lastMs = (moments: { atMs: number }[]) => Math.max(startedAtMs, ...moments.map(({ atMs }) => atMs)) - startedAtMs;
  return [
    ['the last was ordered after', seconds(lastMs(orders))],
    ['the last could be heard after', seconds(lastMs(ended))],
    ['nothing was left to do after', seconds(lastMs(done))],
    ['generations per second', (done.length / Math.max(1, lastMs(done) / 1000)).toFixed(2)],
    ['runs of the workers', samples.map((each) => each.reduce((sum, { runs }) => sum + runs, 0)).join(' + ')],
  ];
}

/** What the first, the middle and the last of those that got finished had cost; and all, what belongs to no request included. */
function costRows(all: WorkerSample[], done: Moment[], requests: number): Row[] {
  const costs = new Map<string, Cost>();
  for (const { costs: some } of all) for (const [id, cost] of Object.entries(some)) costs.set(id, plus(costs.get(id), cost));
  const part = (from: number, to: number) => {
    const own = done.slice(Math.floor(done.length * from), Math.ceil(done.length * to)).map(({ id }) => costs.get(id) ?? NOTHING);
    return `${mean(own.map(({ reads }) => reads)).toFixed(1)} + ${mean(own.map(({ writes }) => writes)).toFixed(1)}`;
  };
  const total = all.reduce((sum, sample) => plus(sum, sample.total), NOTHING);
  const claims = all.reduce((sum, sample) => sum + sample.claims.length, 0);
  return [
    ['steps (claims) per generation', (claims / requests).toFixed(1)],
    ['reads + writes per generation, everything', `${(total.reads / requests).toFixed(1)} + ${(total.writes / requests).toFixed(1)}`],
    ...totals(all.map(({ readsFrom }) => readsFrom)).map(([from, count]): Row => [`  reads of ${from}`, (count / requests).toFixed(1)]),
    ['  its own: of the first 10 % to be done', part(0, 0.1)],
    ['  of those around 50 %', part(0.45, 0.55)],
    ['  of the last 10 %', part(0.9, 1)],
  ];
}

function totals(some: Record<string, number>[]): [name: string, count: number][] {
  const sums = new Map<string, number>();
  for (const counts of some) for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

const NOTHING: Cost = { reads: 0, writes: 0 };

function plus(one: Cost | undefined, other: Cost): Cost {
  return { reads: (one?.reads ?? 0) + other.reads, writes: (one?.writes ?? 0) + other.writes };
}

function transactionRows(all: WorkerSample[]): Row[] {
  const sum = (figure: (sample: WorkerSample) => number) => all.reduce((total, sample) => total + figure(sample), 0);
  const failed = totals(all.map(({ failedCommits }) => failedCommits))
    .map(([code, count]) => `${count} ${CODES[code] ?? `with code ${code}`}`)
    .join(', ');
  const faults = all.flatMap((sample) => sample.faults);
  return [
    ['transactions', String(sum(({ commits }) => commits))],
    ['  that found nothing to do', String(sum(({ emptyCommits }) => emptyCommits))],
    ['  refused by the database', failed || 'none'],
    ['runs that ended by a fault', faults.length === 0 ? 'none' : `${faults.length}: ${faults[0]}`],
  ];
}

/** As gRPC numbers them. */
const CODES: Record<string, string> = { 9: 'claims: another was quicker', 10: 'aborted, and begun again' };

async function countLogLines(files: string[]): Promise<string> {
  const lines = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).flatMap((text) => text.split('\n'));
  const counts = new Map<string, number>();
  for (const line of lines) {
    const message = /"message":"(\w+)"/.exec(line)?.[1];
    if (message) counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  return [...counts].map(([message, count]) => `${count} ${message}`).join(', ') || 'none';
}

function delayRows(claims: Claim[]): Row[] {
  const delays = (isOrder: boolean) =>
    claims.filter(({ state }) => (state === 'queued') === isOrder).map(({ atMs, dueAtMs }) => atMs - dueAtMs);
  const show = (values: number[]) => [0.5, 0.95, 1].map((share) => seconds(quantile(values, share))).join(' / ');
  return [
    ['from due to taken, orders: median / p95 / most', show(delays(true))],
    ['from due to taken, the rest', show(delays(false))],
  ];
}

/** When 10, 50 and 100 % of all were done. */
function memoryRows(samples: WorkerSample[][], done: Moment[]): Row[] {
  const moments = [0.1, 0.5, 1].map((share) => done[Math.max(0, Math.ceil(done.length * share) - 1)]?.atMs ?? Number.POSITIVE_INFINITY);
  return samples.map((each, index) => {
    const at = moments.map((atMs) => each.findLast((sample) => sample.atMs <= atMs) ?? each[0]);
    const show = (bytes: (sample: WorkerSample) => number) => at.map((sample) => (sample ? mebibytes(bytes(sample)) : '-')).join(' / ');
    return [
      `memory of worker ${index + 1} at 10 / 50 / 100 %; its heap`,
      `${show(({ rssBytes }) => rssBytes)}; ${show(({ heapBytes }) => heapBytes)}`,
    ];
  });
}

/** What its own worker, and all of them, took up while one download kept waiting; before and after it, in as much time. */
function slowRows({ slowId, samples }: Outcome, ended: Moment[]): Row[] {
  const end = ended.find(({ id }) => id === slowId);
  if (!end) return [];
  const claims = samples.map((each) => each.flatMap((sample) => sample.claims));
  const mine = claims.map((each) => each.findLast(({ id, atMs }) => id === slowId && atMs <= end.atMs));
  const beganAtMs = Math.max(...mine.map((claim) => claim?.atMs ?? 0));
  const own = claims[mine.findIndex((claim) => claim?.atMs === beganAtMs)] ?? [];
  const longMs = end.atMs - beganAtMs;
  const count = (some: Claim[], fromMs: number) => some.filter(({ atMs }) => atMs > fromMs && atMs <= fromMs + longMs).length;
  const show = (some: Claim[]) => [beganAtMs - longMs, beganAtMs, end.atMs].map((fromMs) => count(some, fromMs)).join(' / ');
  return [
    ['one song was slow to come', seconds(longMs)],
    ['steps of its worker in that time before / meanwhile / after', show(own)],
    ['steps of all workers', show(claims.flat())],
    ['others that could be heard meanwhile', String(ended.filter(({ atMs }) => atMs > beganAtMs && atMs < end.atMs).length)],
  ];
}
