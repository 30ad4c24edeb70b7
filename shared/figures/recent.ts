/** `figureState/recent`: the last minutes one by one, in one document, so that a look at them is one read whatever the traffic. */
import type { DocumentData, DocumentReference, Firestore, Timestamp } from '@google-cloud/firestore';
import { type Clock, database } from '#shared/runtime';
import { countCallers } from './callers.ts';
import { MINUTE_MS, minuteStart } from './days.ts';
import { addFigures, emptyFigures, type Figures, figuresFromStored, figuresToStored } from './figures.ts';
import { percentile } from './histogram.ts';
import { FIGURE_STATE } from './schema.ts';

/** By the start of each. */
export type Minutes = Map<number, Figures>;

const RECENT_MINUTES = 15;

export function recentRef(db: Firestore): DocumentReference {
  return db.doc(`${FIGURE_STATE}/recent`);
}

export function readMinutes(data: DocumentData | undefined): Minutes {
  const list: unknown[] = Array.isArray(data?.['minutes']) ? data['minutes'] : [];
  return new Map(list.flatMap(readMinute));
}

function readMinute(entry: unknown): [number, Figures][] {
  const { minuteAt, ...stored } = entry as { minuteAt?: Timestamp };
  const figures = figuresFromStored(stored);
  return minuteAt && figures ? [[minuteAt.toMillis(), figures]] : [];
}

/** With more added; those that are too old, or begin after `nowMs` by a clock that was wrong, are left out. */
export function addMinutes(minutes: Minutes, more: [number, Figures][], nowMs: number): Minutes {
  const sums = new Map(minutes);
  // Of a process that could not write, some minutes may have come as one: they are the past, and not now.
  for (const [minuteMs, figures] of more) sums.set(minuteMs, addFigures(sums.get(minuteMs) ?? emptyFigures(), figures));
  const oldestMs = minuteStart(nowMs) - RECENT_MINUTES * MINUTE_MS;
  return new Map([...sums].filter(([minuteMs]) => minuteMs >= oldestMs && minuteMs <= nowMs + MINUTE_MS).sort(([a], [b]) => a - b));
}

export function minutesToStored(minutes: Minutes): DocumentData {
  return { minutes: [...minutes].map(([minuteMs, figures]) => ({ minuteAt: new Date(minuteMs), ...figuresToStored(figures) })) };
}

export interface RecentFigures {
  requests: number;
  errors5xx: number;
  /** Of all requests; 0 when there were none. */
  errorShare: number;
  p95Ms: number | null;
  signInCheckP95Ms: number | null;
  refusals: number;
  callersRefused: number;
  activeCallers: number;
  cacheReads: number;
  cacheHits: number;
  cpuShare: number | null;
  memoryShare: number;
  /** The same by function, scheduled ones too. */
  functions: Record<string, { requests: number; errors5xx: number; p95Ms: number | null }>;
}

/**
 * The sums of the last minutes, as far as the roll-up has come: usually all but the last two. One read.
 *
 * @param minutes - at most `RECENT_MINUTES`
 */
export async function recentFigures(clock: Clock, minutes: number): Promise<RecentFigures> {
  return toRecent(sumSince(await loadMinutes(), clock.now() - minutes * MINUTE_MS));
}

async function loadMinutes(): Promise<Minutes> {
  const db = await database();
  return readMinutes((await recentRef(db).get()).data());
}

export function sumSince(minutes: Minutes, sinceMs: number): Figures {
  const recent = [...minutes].filter(([minuteMs]) => minuteMs >= sinceMs).map(([, figures]) => figures);
  return recent.reduce(addFigures, emptyFigures());
}

function toRecent(figures: Figures): RecentFigures {
  const { requests, errors5xx, refusals, cacheReads, cacheHits, memoryShare } = figures;
  const functions = Object.entries(figures.functions).map(([name, own]) => {
    return [name, { requests: own.requests, errors5xx: own.errors5xx, p95Ms: percentile(own.latency, 0.95) }] as const;
  });
  return {
    ...{ requests, errors5xx, refusals, cacheReads, cacheHits, memoryShare },
    errorShare: requests > 0 ? errors5xx / requests : 0,
    p95Ms: percentile(figures.latency, 0.95),
    signInCheckP95Ms: percentile(figures.signInCheck, 0.95),
    callersRefused: countCallers(figures.refusedCallers),
    activeCallers: countCallers(figures.callers),
    cpuShare: figures.cpuAvailableMs > 0 ? figures.cpuMs / figures.cpuAvailableMs : null,
    functions: Object.fromEntries(functions),
  };
}
