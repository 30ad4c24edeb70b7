import type { Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';

/** What an operator did. Never holds secrets, e-mails or texts of persons. */
export const AuditEntry = z.strictObject({
  auditId: z.string(),
  /** Who did it. */
  actorId: z.string(),
  /** The function. */
  action: z.string(),
  /** Of what it changed: the values before and after. */
  before: z.record(z.string(), z.unknown()),
  after: z.record(z.string(), z.unknown()),
  createdAt: z.iso.datetime(),
});
export type AuditEntry = z.output<typeof AuditEntry>;

/** In the transaction of the change itself: nothing is changed unseen, and nothing is told that did not happen. */
export function writeAudit(transaction: Transaction, db: Firestore, { createdAt, ...entry }: AuditEntry): void {
  transaction.create(db.doc(`audit/${entry.auditId}`), { ...entry, createdAt: new Date(createdAt) });
}
