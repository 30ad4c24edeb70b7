/** Figures that other documents hold: counted by an index, so that a count costs a read for each 1,000, and no process can lose any. */
import type { Query } from '@google-cloud/firestore';
import { database, sumOf } from '#shared/runtime';
import type { Span } from './days.ts';
import type { Ended, Recounted } from './schema.ts';

/** Three reads, or one for each 1,000 that are counted. */
export async function recount(span: Span): Promise<Recounted> {
  const db = await database();
  const [plays, signUps, asked] = await Promise.all([
    countIn(db.collection('plays'), 'playedAt', span),
    countIn(db.collection('users'), 'createdAt', span),
    countIn(db.collection('generations'), 'createdAt', span),
  ]);
  return { plays, signUps, asked };
}

/** How the requests for songs ended that ended in this time. Three reads, or one for each 1,000. */
export async function recountEnded(span: Span): Promise<Omit<Ended, 'makingTime'>> {
  const db = await database();
  const inState = (state: string) => countIn(db.collection('generationWork').where('state', '==', state), 'endedAt', span);
  const [ready, failed, cancelled] = await Promise.all(['ready', 'failed', 'cancelled'].map(inState));
  return { ready: ready!, failed: failed!, cancelled: cancelled! };
}

/** Songs that are in the making now. One read for each 1,000. */
export async function countUnderWay(): Promise<number> {
  const db = await database();
  const open = ['queued', 'submitting', 'unknown', 'submitted', 'archiving'];
  return (await db.collection('generations').where('state', 'in', open).count().get()).data().count;
}

/** All files, each counted once however many stores have it. One read for each 1,000. */
export async function storedBytes(): Promise<number> {
  const db = await database();
  return sumOf(db.collection('files').where('state', '==', 'kept'), 'bytes');
}

async function countIn(query: Query, field: string, { startsAt, endsAt }: Span): Promise<number> {
  return (await query.where(field, '>=', startsAt).where(field, '<', endsAt).count().get()).data().count;
}
