/** What the parts of an erasure read and write at most, in documents: a run begins nothing that could take more than it has left. */
import type { Documents } from '#shared/runtime';

/** To take a turn, to see whether something is left, and to write down how far it has come. */
export const TURN_COST: Documents = { reads: 5, writes: 2 };

/** For each that a step takes away. Where nothing is said it is read, and goes. */
const OF_EACH: Record<string, Documents> = {
  generationWork: { reads: 3, writes: 20 }, // with two songs, two entries in the books, and what the provider is owed
  songs: { reads: 1, writes: 7 },
  images: { reads: 2, writes: 4 },
  files: { reads: 2, writes: 1 },
  likes: { reads: 1, writes: 2 },
};

/** A page that is looked at, and stays while a worker or the journal still has to do with it. */
const LOOKED_AT: Record<string, number> = { songMedia: 40, imageMedia: 40 };

/** Whose turn it is, a query that finds nothing, a balance and a day's sum. */
const BESIDES: Documents = { reads: 3, writes: 2 };

/** The largest pages: a hundred likes are the most to write. */
export const MOST_OF_A_PAGE: Documents = { reads: 110, writes: 205 };

/** @param count - of documents that the step has taken away: finding none costs little */
export function costOfPage(step: string, count: number): Documents {
  const { reads, writes } = OF_EACH[step] ?? { reads: 1, writes: 1 };
  const lookedAt = LOOKED_AT[step] ?? 0;
  return { reads: BESIDES.reads + lookedAt + count * reads, writes: count === 0 ? 0 : BESIDES.writes + count * writes };
}
