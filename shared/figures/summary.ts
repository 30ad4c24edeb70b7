/** Figures as operators read them: shares and percentiles in place of sums and histograms. */
import { z } from 'zod';
import { countCallers } from './callers.ts';
import type { Figures } from './figures.ts';
import { percentile } from './histogram.ts';
import type { Period } from './periods.ts';

const Count = z.number().min(0);
/** 0 to 1; null when there is nothing to be a share of. */
const Share = z.number().min(0).nullable();
/** Of a histogram: at most 6 % off. */
const Ms = z.number().min(0).nullable();

export const FiguresSummary = z.strictObject({
  requests: Count,
  errors5xx: Count,
  errorShare: Share,
  refusals: Count,
  refusedShare: Share,
  callersRefused: Count,
  activeCallers: Count,
  cacheHitShare: Share,
  p50Ms: Ms,
  p95Ms: Ms,
  signInCheckP50Ms: Ms,
  signInCheckP95Ms: Ms,
  cpuShare: Share,
  memoryShare: z.number().min(0),
});
export type FiguresSummary = z.output<typeof FiguresSummary>;

export const PeriodSummary = z.strictObject({
  startsAt: z.iso.datetime(),
  ...FiguresSummary.shape,
  plays: Count,
  signUps: Count,
  generations: z.strictObject({ asked: Count, ready: Count, failed: Count, cancelled: Count, p50Ms: Ms, p95Ms: Ms }),
  storageBytes: Count.nullable(),
});
export type PeriodSummary = z.output<typeof PeriodSummary>;

export const FunctionSummary = z.strictObject({
  name: z.string(),
  requests: Count,
  errors5xx: Count,
  refusals: Count,
  p50Ms: Ms,
  p95Ms: Ms,
});
export type FunctionSummary = z.output<typeof FunctionSummary>;

export function summarize(figures: Figures): FiguresSummary {
  const { requests, errors5xx, refusals, latency, signInCheck } = figures;
  return {
    requests,
    errors5xx,
    errorShare: share(errors5xx, requests),
    refusals,
    refusedShare: share(refusals, requests),
    callersRefused: countCallers(figures.refusedCallers),
    activeCallers: countCallers(figures.callers),
    cacheHitShare: share(figures.cacheHits, figures.cacheReads),
    p50Ms: percentile(latency, 0.5),
    p95Ms: percentile(latency, 0.95),
    signInCheckP50Ms: percentile(signInCheck, 0.5),
    signInCheckP95Ms: percentile(signInCheck, 0.95),
    cpuShare: share(figures.cpuMs, figures.cpuAvailableMs),
    memoryShare: figures.memoryShare,
  };
}

export function summarizePeriod({ figures, recounted, ended, storageBytes }: Period, startsAt: Date): PeriodSummary {
  const { makingTime, ...states } = ended;
  const times = { p50Ms: percentile(makingTime, 0.5), p95Ms: percentile(makingTime, 0.95) };
  return {
    startsAt: startsAt.toISOString(),
    ...summarize(figures),
    plays: recounted.plays,
    signUps: recounted.signUps,
    generations: { asked: recounted.asked, ...states, ...times },
    storageBytes,
  };
}

/** The busiest first. */
export function summarizeFunctions({ functions }: Figures): FunctionSummary[] {
  const summaries = Object.entries(functions).map(([name, { requests, errors5xx, refusals, latency }]) => {
    return { name, requests, errors5xx, refusals, p50Ms: percentile(latency, 0.5), p95Ms: percentile(latency, 0.95) };
  });
  return summaries.sort((a, b) => b.requests - a.requests || a.name.localeCompare(b.name));
}

function share(part: number, all: number): number | null {
  return all > 0 ? Number((part / all).toFixed(4)) : null;
}
