import type { Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import type { NewId } from '#shared/runtime';

/** What an operator did. Never holds secrets, e-mails or texts of persons. */
export const AuditEntry = z.strictObject({
  auditId: z.string(),
  /** Who did it: a uid, or `operator:cli` for `npm run admin`. */
  actorId: z.string(),
  /** The function, or the command. */
  action: z.string(),
  /** To whom or what: a uid, a song's id, the path of the settings. */
  target: z.string(),
  /** The request that the logs tell of; null for a command. */
  requestId: z.string().nullable(),
  /** Of what it changed: the values before and after. */
  before: z.record(z.string(), z.unknown()),
  after: z.record(z.string(), z.unknown()),
  createdAt: z.iso.datetime(),
});
export type AuditEntry = z.output<typeof AuditEntry>;

/** Somebody about to change something. */
export interface Operation extends Pick<AuditEntry, 'actorId' | 'action' | 'requestId'> {
  now: Date;
  newId: NewId;
}

/** In the transaction of the change itself: nothing is changed unseen, and nothing is told that did not happen. */
export function writeAudit(
  transaction: Transaction,
  db: Firestore,
  { actorId, action, requestId, now, newId }: Operation,
  what: Pick<AuditEntry, 'target' | 'before' | 'after'>,
): void {
  const auditId = newId('aud');
  transaction.create(db.doc(`audit/${auditId}`), { auditId, actorId, action, requestId, ...what, createdAt: now });
}
