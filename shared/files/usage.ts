import type { Transaction } from '@google-cloud/firestore';
import { database, sumOf } from '#shared/runtime';
import { FILES } from './schema.ts';

/** What a person may keep here: 5 GiB. Songs are made all the same; uploads beyond it are refused. */
export const STORAGE_BYTES = 5 * 1024 ** 3;

/** What a person keeps here, in bytes: sound, covers, pictures. Added up by the database, so it cannot drift. */
export async function usedBytes(ownerId: string, transaction?: Transaction): Promise<number> {
  const db = await database();
  return sumOf(db.collection(FILES).where('ownerId', '==', ownerId).where('state', '==', 'kept'), 'bytes', transaction);
}
