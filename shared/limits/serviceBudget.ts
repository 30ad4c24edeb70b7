/** What all songs of a day may cost at the provider, and have cost: `quotas/service_<day>` against `settings/service`. */
import type { Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, increment, readSettings, SETTINGS_DOCUMENT, transact } from '#shared/runtime';
import { dayOf } from './day.ts';

const WARNS_AT_SHARE = 0.8;

const Day = z.object({ providerCredits: z.number().catch(0), warnedAt: z.unknown().optional() });
export interface ServiceBudget {
  /** In the provider's credits, on the service's day. */
  used: number;
  limit: number;
  /** That most of it is used has been told. */
  isWarned: boolean;
}

/** Two reads. */
export async function readServiceBudget(now: Date): Promise<ServiceBudget> {
  const db = await database();
  const [day, settings] = await db.getAll(dayRef(db, now), db.doc(SETTINGS_DOCUMENT));
  const { providerCredits: used, warnedAt } = Day.parse(day?.data() ?? {});
  return { used, limit: readSettings(settings?.data()).settings.providerCreditsPerDay, isWarned: warnedAt !== undefined };
}

/**
 * Adds to what the day has cost, without reading, so that requests do not wait for each other.
 *
 * @param isLost - it may have been charged for nothing
 */
export async function countProviderCredits(
  transaction: Transaction,
  db: Firestore,
  { credits, isLost, now }: { credits: number; isLost: boolean; now: Date },
): Promise<void> {
  const by = await increment(credits);
  const counted = { providerCredits: by, ...(isLost ? { unknownCredits: by } : {}) };
  transaction.set(dayRef(db, now), { day: dayOf(now), ...counted }, { merge: true });
}

/** @returns true once a day: when most of the budget is used, to whoever asks first */
export async function isFirstToWarn({ used, limit, isWarned }: ServiceBudget, now: Date): Promise<boolean> {
  if (isWarned || used < limit * WARNS_AT_SHARE) return false;
  return await transact(async (transaction, db) => {
    const day = await transaction.get(dayRef(db, now));
    if (day.get('warnedAt')) return false;
    transaction.set(day.ref, { warnedAt: now }, { merge: true });
    return true;
  });
}

function dayRef(db: Firestore, now: Date) {
  return db.doc(`quotas/service_${dayOf(now)}`);
}
