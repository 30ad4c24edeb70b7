/** Instances' time: of functions that people call, and of jobs. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import type { JobWork, Work } from './jobWork.ts';
import type { Part, Use } from './parts.ts';
import { PLATFORM, SONG } from './referenceUser.ts';
import type { Budget, Sources } from './sources.ts';
import { MONTH_MINUTES, MONTH_S, type Plan, periodsWithCalls } from './workload.ts';

/** What is rounded up to, by Cloud Run. */
const TICK_MS = 100;
/** Requests that one instance answers side by side without slowing down: a hundred a second, of 0.1 s each. */
export const SIDE_BY_SIDE = 10;
/** Authentication and the rate lease. */
const PIPELINE_ROUND_TRIPS = 2;
const MIB_OF_GIB = 1024;
const DAYS = 30;
/** What the worker has in hand at once (`BOUNDS.atOnce` of shared/generation). */
export const SONGS_AT_ONCE = 10;

export function functionsUse(calls: Map<string, number>, { endpoints, budgets }: Sources): Use[] {
  return endpoints.flatMap((endpoint) => {
    const count = calls.get(endpoint.name) ?? 0;
    if (count === 0) return [];
    const each = billedMs(endpoint.name, budgets[endpoint.name]) / 1000;
    // An instance that nobody has called for a quarter of an hour is gone, and the next request waits for another one.
    const starts = count * Math.exp(-(count * PLATFORM.keptS) / MONTH_S);
    const busyS = busySeconds(count, each, SIDE_BY_SIDE) + starts * PLATFORM.startS;
    return instanceUse('functions', endpoint, busyS, count);
  });
}

export function jobsUse(plan: Plan, calls: Map<string, number>, { endpoints, jobWork }: Sources): Use[] {
  const jobs = endpoints.filter(({ access }) => access === 'scheduler');
  return jobs.flatMap((job) => {
    const runs = runsOf(job);
    const idle = jobWork.idle[job.name];
    if (!idle) throw new Error(`docs/measured/jobs.json lacks ${job.name}: npm run cost -- --measure`);
    let busyS = (runs * billed(timeOf(idle, job))) / 1000;
    if (job.name === 'watchService') busyS += (figuresDocuments(calls) * timeOf(jobWork.figuresDocument, job)) / 1000;
    if (job.name === 'advanceGenerations') busyS += workerSeconds(plan, jobWork);
    if (job.name === 'sweepStorage') busyS += (DAYS * storedSongs(plan) * timeOf(jobWork.sweptSong, job)) / 1000;
    return instanceUse('jobs', job, busyS, runs);
  });
}

/** Minutes' counts of processes that had requests, each a document for the watch to add up. */
export function figuresDocuments(calls: Map<string, number>): number {
  return [...calls.values()].reduce((sum, count) => sum + periodsWithCalls(count, 60), 0);
}

/** The worker stays while a song is being made and its cover awaited, and has several in hand. */
function workerSeconds(plan: Plan, jobWork: JobWork): number {
  return busySeconds(plan.users * plan.songs, heldSeconds(jobWork), SONGS_AT_ONCE);
}

/** Of one request: as measured, with the provider's real time instead of the sandbox's. */
export function heldSeconds({ generation, providerS }: JobWork): number {
  return generation.ms / 1000 - providerS + SONG.makingS;
}

export function storedSongs({ users, songs, months }: Plan): number {
  return users * songs * SONG.perRequest * months;
}

export function runsOf({ schedule }: RegisteredEndpoint): number {
  return schedule?.cron === '* * * * *' ? MONTH_MINUTES : DAYS;
}

/** Instances together: what overlaps in one instance is billed once, and so many fit into it. */
function busySeconds(count: number, eachS: number, atOnce: number): number {
  const load = (count * eachS) / MONTH_S;
  return MONTH_S * Math.max(1 - Math.exp(-load), load / atOnce);
}

/** Of one request that has an instance for itself. */
export function billedMs(name: string, budget: Budget | undefined): number {
  const roundTrips = (budget?.roundTrips ?? 0) + PIPELINE_ROUND_TRIPS;
  return billed(PLATFORM.ownMs + roundTrips * PLATFORM.roundTripMs + (PLATFORM.otherMs[name] ?? 0));
}

/** A part of a processor takes as many times longer to compute, and waits no longer. */
function timeOf({ ms, cpuMs }: Work, { resources }: RegisteredEndpoint): number {
  return Math.max(0, ms - cpuMs) + cpuMs / Math.min(1, resources.cpu);
}

function billed(ms: number): number {
  return Math.ceil(ms / TICK_MS) * TICK_MS;
}

function instanceUse(part: Part, { resources }: RegisteredEndpoint, seconds: number, requests: number): Use[] {
  const kept = resources.minInstances * MONTH_S; // an upper bound: idle ones are cheaper
  const instanceS = Math.max(seconds, kept);
  return [
    { part, price: 'vcpuS', units: instanceS * resources.cpu },
    { part, price: 'gibS', units: (instanceS * resources.memoryMiB) / MIB_OF_GIB },
    { part, price: 'requests', units: requests },
  ];
}
