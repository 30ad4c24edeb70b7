/** What is counted of requests, and how two counts become one. `docs/figures.md` says what each figure means. */
import { addCaller, type Callers, callersFromText, callersToText, joinCallers } from './callers.ts';
import { addHistograms, countInto, emptyHistogram, type Histogram, histogramFromText, histogramToText } from './histogram.ts';
import { StoredFigures, StoredFunctions } from './schema.ts';

/** A request that has been answered, as the pipeline tells of it. */
export interface FinishedRequest {
  functionName: string;
  /** Called by Cloud Scheduler: counted for its function alone, and for what it costs. */
  isScheduled: boolean;
  status: number;
  /** Until the answer was given; of bytes, until the first of them was. */
  durationMs: number;
  /** What the check of the token took; null when none was sent. */
  authMs: number | null;
  /** Of a checked token's uid; null for nobody known. */
  callerHash: string | null;
  /** A limit has refused it. */
  isRefused: boolean;
  /** Whether it was answered without the database; null where that is no question. */
  cacheHit: boolean | null;
  /** Of the function's instances. */
  resources: { cpu: number; memoryMiB: number };
}

/** Of one function. */
export interface FunctionFigures {
  requests: number;
  errors5xx: number;
  refusals: number;
  latency: Histogram;
}

export interface Figures {
  /** By people: what Cloud Scheduler calls is not among them, nor in anything below that does not say so. */
  requests: number;
  errors5xx: number;
  refusals: number;
  cacheReads: number;
  cacheHits: number;
  latency: Histogram;
  signInCheck: Histogram;
  callers: Callers;
  refusedCallers: Callers;
  /** Of processes, all they do: cpu time used, and what they could have used in that time. */
  cpuMs: number;
  cpuAvailableMs: number;
  /** The most that any process used of its memory, 0 to 1. */
  memoryShare: number;
  /** What requests took, scheduled ones too, times what their instances have: an upper bound of what is billed. */
  vcpuMs: number;
  gibMs: number;
  /** Requests of every kind: each is billed. */
  billedRequests: number;
  /** By name, scheduled ones too. */
  functions: Record<string, FunctionFigures>;
}

/** The sums, in the order in which they are stored. */
const SUMS = [
  'requests',
  'errors5xx',
  'refusals',
  'cacheReads',
  'cacheHits',
  'cpuMs',
  'cpuAvailableMs',
  'vcpuMs',
  'gibMs',
  'billedRequests',
] as const;

export function emptyFigures(): Figures {
  return {
    ...(Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<(typeof SUMS)[number], number>),
    latency: emptyHistogram(),
    signInCheck: emptyHistogram(),
    callers: new Set<string>(),
    refusedCallers: new Set<string>(),
    memoryShare: 0,
    functions: {},
  };
}

/** Counts one request. Changes what it is given: it runs with every request. */
export function countRequest(figures: Figures, request: FinishedRequest): void {
  const { functionName, isScheduled, durationMs, resources } = request;
  const own = figures.functions[functionName] ?? { requests: 0, errors5xx: 0, refusals: 0, latency: emptyHistogram() };
  figures.functions[functionName] = own;
  countOutcome(own, request);
  countInto(own.latency as number[], durationMs);
  figures.billedRequests += 1;
  figures.vcpuMs += Math.round(durationMs * resources.cpu);
  figures.gibMs += Math.round((durationMs * resources.memoryMiB) / 1024);
  if (isScheduled) return;
  countOutcome(figures, request);
  countPerson(figures, request);
  countInto(figures.latency as number[], durationMs);
}

function countOutcome(counts: Pick<Figures, 'requests' | 'errors5xx' | 'refusals'>, { status, isRefused }: FinishedRequest): void {
  counts.requests += 1;
  if (status >= 500) counts.errors5xx += 1;
  if (isRefused) counts.refusals += 1;
}

function countPerson(figures: Figures, { authMs, callerHash, isRefused, cacheHit }: FinishedRequest): void {
  if (authMs !== null) countInto(figures.signInCheck as number[], authMs);
  if (callerHash !== null) figures.callers = addCaller(figures.callers, callerHash);
  if (callerHash !== null && isRefused) figures.refusedCallers = addCaller(figures.refusedCallers, callerHash);
  if (cacheHit !== null) figures.cacheReads += 1;
  if (cacheHit === true) figures.cacheHits += 1;
}

/** In any order and any grouping the same. */
export function addFigures(one: Figures, other: Figures): Figures {
  const sums = Object.fromEntries(SUMS.map((name) => [name, one[name] + other[name]])) as Pick<Figures, (typeof SUMS)[number]>;
  const names = [...new Set([...Object.keys(one.functions), ...Object.keys(other.functions)])].sort();
  return {
    ...sums,
    latency: addHistograms(one.latency, other.latency),
    signInCheck: addHistograms(one.signInCheck, other.signInCheck),
    callers: joinCallers(one.callers, other.callers),
    refusedCallers: joinCallers(one.refusedCallers, other.refusedCallers),
    memoryShare: Math.max(one.memoryShare, other.memoryShare),
    functions: Object.fromEntries(names.map((name) => [name, addFunctions(one.functions[name], other.functions[name])])),
  };
}

function addFunctions(one: FunctionFigures | undefined, other: FunctionFigures | undefined): FunctionFigures {
  if (!one || !other) return (one ?? other)!;
  return {
    requests: one.requests + other.requests,
    errors5xx: one.errors5xx + other.errors5xx,
    refusals: one.refusals + other.refusals,
    latency: addHistograms(one.latency, other.latency),
  };
}

/** As two fields of a document: those of the single functions take more room, and are seldom wanted. */
export function figuresToStored({ functions, latency, signInCheck, callers, refusedCallers, ...sums }: Figures) {
  return {
    figures: {
      ...sums,
      latency: histogramToText(latency),
      signInCheck: histogramToText(signInCheck),
      callers: callersToText(callers),
      refusedCallers: callersToText(refusedCallers),
    } satisfies StoredFigures,
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, own]) => [name, { ...own, latency: histogramToText(own.latency) }]),
    ) satisfies StoredFunctions,
  };
}

/** @returns undefined for what is none; a document without `functions` has none of them */
export function figuresFromStored(stored: { figures?: unknown; functions?: unknown }): Figures | undefined {
  const figures = StoredFigures.safeParse(stored.figures).data;
  const functions = StoredFunctions.safeParse(stored.functions ?? {}).data;
  if (!figures || !functions) return undefined;
  const { latency, signInCheck, callers, refusedCallers, ...sums } = figures;
  return {
    ...sums,
    latency: histogramFromText(latency),
    signInCheck: histogramFromText(signInCheck),
    callers: callersFromText(callers),
    refusedCallers: callersFromText(refusedCallers),
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, own]) => [name, { ...own, latency: histogramFromText(own.latency) }]),
    ),
  };
}
