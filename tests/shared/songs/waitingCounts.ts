import { database } from '#shared/runtime';

/** All that waits for a song in `counters/`, by name of the document. */
export async function waitingCounts(songId: string): Promise<Record<string, Record<string, unknown>>> {
  const db = await database();
  const own = db.collection('counters').orderBy('__name__').startAt(songId).endAt(`${songId}.9`);
  return Object.fromEntries((await own.get()).docs.map((counters) => [counters.id, counters.data()]));
}

/** Plays of a song, those that wait included. */
export async function playsOf(songId: string): Promise<number> {
  const db = await database();
  const waiting = Object.values(await waitingCounts(songId));
  const shown = await db.doc(`songs/${songId}`).get();
  return waiting.reduce((sum, { plays = 0 }) => sum + Number(plays), Number(shown.get('plays')));
}
