/** An operator at work, in a house of the test file's own. */
import { database } from '#shared/runtime';
import type { KnownCaller } from '../../support/callers.ts';
import { type House, type HouseOptions, openHouse } from '../../support/openHouse.ts';

/** What the audit holds, the oldest first. */
export async function audits(): Promise<Record<string, unknown>[]> {
  const db = await database();
  return (await db.collection('audit').orderBy('createdAt').limit(100).get()).docs.map((entry) => entry.data());
}

export async function documentOf(path: string): Promise<Record<string, unknown> | undefined> {
  const db = await database();
  return (await db.doc(path).get()).data();
}

export async function openOffice(options: HouseOptions = {}): Promise<{ house: House; admin: KnownCaller; token: string }> {
  const house = await openHouse(options);
  const { admin } = await house.newPeople();
  return { house, admin, token: (await admin.tokenFor(''))! };
}
