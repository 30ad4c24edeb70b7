/** `erasures/{erasureId}`: an account that is being deleted, and how far that has come. */
import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';

export const ERASURES = 'erasures';

export const Erasure = z.object({
  /** Also what `audit` has in place of the uid. */
  erasureId: z.string(),
  uid: z.string(),
  state: z.enum(['erasing', 'proving']),
  startedAt: z.iso.datetime(),
  /** When it is to be moved on; while somebody does, when another may. */
  dueAt: z.iso.datetime(),
  /** Who may write in its name. */
  claimId: z.string().nullable(),
  /** Passes in a row in which a step went wrong. */
  failedPasses: z.number().default(0),
  /** How far the proof has come: everything up to this document has been looked at. */
  provenTo: z.object({ collection: z.string(), after: z.string() }).nullable(),
});
export type Erasure = z.output<typeof Erasure>;

/** What remains when nothing of the person does. It is due no more. */
export const ErasureDone = z.object({
  erasureId: z.string(),
  state: z.literal('done'),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type ErasureDone = z.output<typeof ErasureDone>;

export function erasureRef(db: Firestore, erasureId: string) {
  return db.collection(ERASURES).doc(erasureId);
}
