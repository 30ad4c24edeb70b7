import { measureFirestoreWork } from './firestoreWork.ts';

export interface DocumentCount {
  reads: number;
  writes: number;
}

/** Counts the documents that are read and written while `work` runs, by whoever is in this process, as Firestore bills them. */
export async function countDocuments(work: () => Promise<unknown>): Promise<DocumentCount> {
  const { asked } = await measureFirestoreWork(work);
  return { reads: asked.reads, writes: asked.writes };
}
