/**
 * Counting in documents that many requests want at once: look, decide, write unless somebody else has written since.
 *
 * Not in transactions: their locks make the instances that serve one busy caller, or one office's address, wait for each
 * other for seconds. Here one of those who come at once always gets through, and the others look again.
 */
import type { DocumentData, DocumentReference, DocumentSnapshot } from '@google-cloud/firestore';
import { isConflict, within } from '#shared/runtime';

/** How often to look again, before giving up with 429. */
export const MOST_TRIES = 30;

const CALL_LIMIT_MS = 3_000;

export function look(ref: DocumentReference): Promise<DocumentSnapshot> {
  return within(CALL_LIMIT_MS, 'the count', ref.get());
}

/** @returns false when somebody else has written since `snapshot` was read */
export async function storeIfUnchanged({ ref, updateTime }: DocumentSnapshot, data: DocumentData): Promise<boolean> {
  try {
    await within(CALL_LIMIT_MS, 'the count', updateTime ? ref.update(data, { lastUpdateTime: updateTime }) : ref.create(data));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
