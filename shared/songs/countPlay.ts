import { createHmac } from 'node:crypto';
import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { availability } from '#shared/access';
import { Cache, type Clock, database, isConflict, log, required, within } from '#shared/runtime';
import { addCounts, rollUp } from './counters.ts';

/** Who listens: with a ticket, or, to a public song, without one. */
export interface Listen {
  songId: string;
  /** The ticket's own id. */
  ticketId?: string | undefined;
  /** Without a ticket: the uid, or the address. It is stored only as a keyed hash. */
  listener: string;
}

const TICKET_LIFE_MS = 6 * 60 * 60_000;
const SAME_LISTENER_MS = 30 * 60_000;
/** Of what no longer counts against a listener: the figures of its day are counted from it. */
const KEPT_MS = 5 * 24 * 60 * 60_000;
/** Longer nobody waits for it. */
const LIMIT_MS = 1_000;

/** Of what this process has counted, so that a player that begins again and again costs nothing. */
const counted = new Cache<object>({ maxEntries: 10_000, maxAgeMs: SAME_LISTENER_MS });

/** Songs that this process has carried over a moment ago: of a song that many begin at once, only one tries. */
const carried = new Cache<object>({ maxEntries: 10_000, maxAgeMs: 2_000 });

/** Those that go on beside their answers. */
const counting = new Set<Promise<void>>();

/**
 * Counts a play: once per ticket; without one, once per listener and song in half an hour. Best effort: it never rejects, and settles
 * within a second, as soon as the play is stored. That it gets into the song goes on beside, or is left to the next `rollUpCounters`.
 * While the database is down nothing is counted.
 */
export async function countPlay(listen: Listen, at: { now: Date; clock: Clock }): Promise<void> {
  const over = new AbortController();
  const storing = within(LIMIT_MS, 'counting a play', store(listen, at, over.signal))
    .catch((error: unknown) => {
      log.warn('play_not_counted', { error });
      return false;
    })
    .finally(() => over.abort());
  const work = carryOver(storing, listen.songId, at).finally(() => counting.delete(work));
  counting.add(work);
  await storing;
}

/** Resolves when nothing is being counted: to be waited for before the database is closed. */
export async function playsCounted(): Promise<void> {
  await Promise.all(counting);
}

async function carryOver(storing: Promise<boolean>, songId: string, { now, clock }: { now: Date; clock: Clock }): Promise<void> {
  if (!(await storing)) return;
  try {
    await carried.get(songId, clock, async () => (await rollUp(songId, now)) ?? {});
  } catch (error) {
    log.warn('plays_not_rolled_up', { error });
  }
}

/** @returns whether this call has counted it */
async function store(listen: Listen, { now, clock }: { now: Date; clock: Clock }, over: AbortSignal): Promise<boolean> {
  if (!(await availability(clock)).isDatabaseUp) return false;
  over.throwIfAborted();
  const id = idOfPlay(listen);
  let isNew = false;
  await counted.get(id, clock, async () => {
    isNew = await writePlay(id, listen, now, over);
    return {};
  });
  return isNew;
}

/** Two of the same at once: one is refused. @returns false when it had been counted */
async function writePlay(id: string, { songId, ticketId }: Listen, now: Date, over: AbortSignal): Promise<boolean> {
  const db = await database();
  const play = db.doc(`plays/${id}`);
  const expireAt = new Date(now.getTime() + (ticketId === undefined ? SAME_LISTENER_MS : TICKET_LIFE_MS));
  const known = ticketId === undefined ? await play.get() : undefined;
  over.throwIfAborted();
  if (known?.exists && isKept(known, now)) return false;
  const batch = db.batch();
  const fields = { playedAt: now, expireAt, removeAt: new Date(now.getTime() + KEPT_MS) };
  if (known?.exists) {
    // The one before keeps a document of its own: each play has one, by which it is counted.
    const before = known.get('playedAt') as Timestamp | undefined;
    if (before) batch.create(db.doc(`plays/${id}_${before.toMillis()}`), known.data()!);
    batch.update(play, fields, { lastUpdateTime: known.updateTime! });
  } else batch.create(play, fields);
  await addCounts(batch, db, { songId, by: id }, { plays: 1 });
  try {
    await batch.commit();
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** The database removes what has lapsed within a day: until then it is as if it were not there. */
function isKept(play: DocumentSnapshot, now: Date): boolean {
  return (play.get('expireAt') as Timestamp).toMillis() > now.getTime();
}

/** With a key, because of all addresses there are a hash is soon tried. */
function idOfPlay({ songId, ticketId, listener }: Listen): string {
  const who = ticketId === undefined ? ['listener', listener, songId] : ['ticket', ticketId];
  return createHmac('sha256', required('JWT_SECRET'))
    .update(['play', ...who].join('\n'))
    .digest('hex');
}
