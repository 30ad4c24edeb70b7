/** `figureHours` and `figureDays`: what an hour or a day sums up to. */
import type { DocumentData, DocumentReference, DocumentSnapshot, Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { dayOf } from '#shared/limits';
import { hourOf, type Span, spanOfDay, spanOfHour } from './days.ts';
import { emptyFigures, type Figures, figuresFromStored, figuresToStored } from './figures.ts';
import { type Histogram, histogramFromText, histogramToText } from './histogram.ts';
import { Ended, FIGURE_DAYS, FIGURE_HOURS, Recounted } from './schema.ts';

export interface Period {
  figures: Figures;
  recounted: Recounted;
  ended: Omit<Ended, 'makingTime'> & { makingTime: Histogram };
  /** What all files together had when it was last added up; null when nobody has yet. */
  storageBytes: number | null;
}

/** An hour or a day, by the name of its document. */
export interface PeriodName {
  kind: 'hour' | 'day';
  name: string;
}

const HOURS_KEPT_MS = 8 * 24 * 60 * 60_000;

/** The hour and the day that a moment belongs to. */
export function periodsOf(at: Date): PeriodName[] {
  return [
    { kind: 'hour', name: hourOf(at) },
    { kind: 'day', name: dayOf(at) },
  ];
}

/** Hours and days that one transaction adds to: there are more only after an outage. */
export const MOST_PERIODS = 6;

/** The first of them, as far as they are of few hours and days. */
export function ofFewPeriods<Item>(items: Item[], atOf: (item: Item) => Date): Item[] {
  const names = new Set<string>();
  for (const [place, item] of items.entries()) {
    for (const { name } of periodsOf(atOf(item))) names.add(name);
    if (names.size > MOST_PERIODS) return items.slice(0, place);
  }
  return items;
}

export function spanOf({ kind, name }: PeriodName): Span {
  return kind === 'hour' ? spanOfHour(name) : spanOfDay(name);
}

export function periodRef(db: Firestore, { kind, name }: PeriodName): DocumentReference {
  return kind === 'hour' ? db.doc(`${FIGURE_HOURS}/${name}`) : db.doc(`${FIGURE_DAYS}/${name}`);
}

const Bytes = z.number().nullable().catch(null);

/** What is not there, or has been spoiled by hand, is empty. */
export function readPeriod(snapshot: DocumentSnapshot | undefined): Period {
  const data = snapshot?.data() ?? {};
  const { makingTime, ...ended } = Ended.catch(Ended.parse({})).parse(data['ended'] ?? {});
  return {
    figures: figuresFromStored(data) ?? emptyFigures(),
    recounted: Recounted.catch(Recounted.parse({})).parse(data['recounted'] ?? {}),
    ended: { ...ended, makingTime: histogramFromText(makingTime) },
    storageBytes: Bytes.parse(data['storageBytes'] ?? null),
  };
}

export function periodToStored(name: PeriodName, { figures, recounted, ended, storageBytes }: Period, now: Date): DocumentData {
  const { startsAt } = spanOf(name);
  return {
    startsAt,
    ...figuresToStored(figures),
    recounted,
    ended: { ...ended, makingTime: histogramToText(ended.makingTime) },
    storageBytes,
    updatedAt: now,
    ...(name.kind === 'hour' ? { expireAt: new Date(startsAt.getTime() + HOURS_KEPT_MS) } : {}),
  };
}

/** What was counted again may have lost something that has been deleted since; what was there stays counted. */
export function joinRecounted(one: Recounted, other: Recounted): Recounted {
  return {
    plays: Math.max(one.plays, other.plays),
    signUps: Math.max(one.signUps, other.signUps),
    asked: Math.max(one.asked, other.asked),
  };
}
