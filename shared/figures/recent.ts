/** `figureState/recent`: the last minutes one by one, in one document, so that a look at them is one read whatever the traffic. */
import type { DocumentData, DocumentReference, Firestore, Timestamp } from '@google-cloud/firestore';
import { type Clock, database } from '#shared/runtime';
import { countCallers } from './callers.ts';
import { MINUTE_MS, minuteStart } from './days.ts';
import { addFigures, emptyFigures, type Figures, figuresFromStored, figuresToStored } from './figures.ts';
import { countOf, percentile } from './histogram.ts';
import { FIGURE_STATE, FIGURES } from './schema.ts';

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

/** Without the figures of single functions: those of all functions in all minutes would outgrow a document (1 MiB), and nothing could be added any more. */
export function minutesToStored(minutes: Minutes, now: Date): DocumentData {
  const entries = [...minutes].map(([minuteMs, all]) => ({ minuteAt: new Date(minuteMs), figures: figuresToStored(all).figures }));
  return { minutes: entries, updatedAt: now };
}

export interface RecentFigures {
  requests: number;
  errors5xx: number;
  /** Of all requests; 0 when there were none. */
  errorShare: number;
  p95Ms: number | null;
  signInCheckP95Ms: number | null;
  /** Requests with a token: those whose check was timed. */
  signInChecks: number;
  refusals: number;
  callersRefused: number;
  activeCallers: number;
  cacheReads: number;
  cacheHits: number;
  cpuShare: number | null;
  memoryShare: number;
}

/**
 * The sums of the last minutes, as far as the roll-up has come: usually all but the last two. One read.
 *
 * @param minutes - at most `RECENT_MINUTES`
 */
export async function recentFigures(clock: Clock, minutes: number): Promise<RecentFigures> {
  return toRecent(sumSince(await loadMinutes(), clock.now() - minutes * MINUTE_MS));
}

const LATE_MS = 5 * MINUTE_MS;

/** Whether figures wait, and none have been added for minutes: then nobody knows how the service is doing now. Two reads. */
export async function areFiguresLate(clock: Clock): Promise<boolean> {
  const db = await database();
  const waiting = db.collection(FIGURES).where('isRolledUp', '==', false).limit(1).select();
  const [{ empty }, recent] = await Promise.all([waiting.get(), recentRef(db).get()]);
  const updatedAt = recent.get('updatedAt') as Timestamp | undefined;
  return !empty && clock.now() - (updatedAt?.toMillis() ?? 0) > LATE_MS;
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
  return {
    ...{ requests, errors5xx, refusals, cacheReads, cacheHits, memoryShare },
    errorShare: requests > 0 ? errors5xx / requests : 0,
    p95Ms: percentile(figures.latency, 0.95),
    signInCheckP95Ms: percentile(figures.signInCheck, 0.95),
    signInChecks: countOf(figures.signInCheck),
    callersRefused: countCallers(figures.refusedCallers),
    activeCallers: countCallers(figures.callers),
    cpuShare: figures.cpuAvailableMs > 0 ? figures.cpuMs / figures.cpuAvailableMs : null,
  };
}
