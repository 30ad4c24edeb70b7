/** `restores/current` in the database that is restored: how far it has come, so that the same command goes on. */
import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';

export const RESTORES = 'restores';
const DOCUMENT = `${RESTORES}/current`;

const Marker = z.object({
  backupId: z.string(),
  step: z.enum(['import', 'accounts', 'compare', 'close', 'done']),
  operation: z.string().nullable(),
  /** Of the comparison: what came back changed, the first of it. */
  differences: z.array(z.string()),
});
export type Marker = z.output<typeof Marker>;

export async function readMarker(db: Firestore): Promise<Marker | undefined> {
  const data = (await db.doc(DOCUMENT).get()).data();
  return data && Marker.safeParse(data).data;
}

export async function writeMarker(db: Firestore, marker: Marker): Promise<Marker> {
  await db.doc(DOCUMENT).set(marker);
  return marker;
}
