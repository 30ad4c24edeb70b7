/**
 * Lyrics that a person may have written in a day. Each counts before the provider is asked, and stands as an id in `quotas/{uid}`:
 * adding and taking back are then the same however often a transaction runs.
 */
import type { DocumentSnapshot, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { problem } from '#shared/runtime';
import { dayOf, endOfDay } from './day.ts';

export const LYRICS_PER_DAY = 20;

const Written = z.object({ lyrics: z.object({ on: z.string(), ids: z.array(z.string()) }) });

export interface CountedLyrics {
  /** The person's quota document, read in this transaction. */
  snapshot: DocumentSnapshot;
  /** Of this request for lyrics. */
  id: string;
  now: Date;
}

/** @throws `daily_lyrics_reached` */
export function countLyrics(transaction: Transaction, { snapshot, id, now }: CountedLyrics): void {
  const written = writtenOf(snapshot);
  const today = dayOf(now);
  // A later day than today's: a request of the last second may come to the database after one of the next day.
  const { on, ids } = written && written.on >= today ? written : { on: today, ids: [] };
  if (ids.includes(id)) return;
  if (ids.length >= LYRICS_PER_DAY) {
    const resetsAt = endOfDay(now);
    const retryAfterS = Math.ceil((resetsAt.getTime() - now.getTime()) / 1000);
    throw problem('daily_lyrics_reached', { limit: LYRICS_PER_DAY, resetsAt: resetsAt.toISOString(), retryAfterS });
  }
  transaction.set(snapshot.ref, { lyrics: { on, ids: [...ids, id] } }, { merge: true });
}

/** The provider has surely done nothing. On another day there is nothing left to take back. */
export function uncountLyrics(transaction: Transaction, { snapshot, id }: Pick<CountedLyrics, 'snapshot' | 'id'>): void {
  const written = writtenOf(snapshot);
  if (!written?.ids.includes(id)) return;
  transaction.update(snapshot.ref, { 'lyrics.ids': written.ids.filter((each) => each !== id) });
}

/** What was spoilt by hand counts as nothing. */
function writtenOf(snapshot: DocumentSnapshot): z.output<typeof Written>['lyrics'] | undefined {
  return Written.safeParse(snapshot.data()).data?.lyrics;
}
