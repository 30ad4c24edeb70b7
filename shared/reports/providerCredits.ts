/** What the music provider took from our account, held against what we counted. */
import { z } from 'zod';
import { dayBefore } from '#shared/figures';
import { dayOf } from '#shared/limits';
import { MODELS } from '#shared/music';
import { database, log } from '#shared/runtime';
import type { ProviderCredits, Reading } from './schema.ts';

/** More days than this without a reading are not looked through. */
const MOST_DAYS = 31;
const LOOKS = 3;

const Spent = z.object({ providerCredits: z.number().catch(0).default(0), unknownCredits: z.number().catch(0).default(0) });

interface Counts {
  counted: number;
  uncertain: number;
}

/** By our count, of a day of the service: one read. */
export async function creditsOf(day: string): Promise<Counts> {
  const db = await database();
  const spent = Spent.parse((await db.doc(`quotas/service_${day}`).get()).data() ?? {});
  return { counted: spent.providerCredits, uncertain: spent.unknownCredits };
}

const ON_THE_WAY = 100;
const Order = z.object({ request: z.object({ model: z.enum(Object.keys(MODELS) as [keyof typeof MODELS]) }) });

/** Credits of orders that are just being sent. Their answer may be there before we have counted it. */
async function creditsOnTheWay(): Promise<number> {
  const db = await database();
  const { docs } = await db.collection('generationWork').where('state', '==', 'submitting').limit(ON_THE_WAY).get();
  const orders = docs.map((document) => Order.safeParse(document.data()).data);
  return orders.reduce((sum, order) => sum + (order ? MODELS[order.request.model].credits : 0), 0);
}

/**
 * Asks the provider how many credits are left. What we have counted is looked at before and after: only when it stood still do the
 * two belong to the same moment. What is on its way then can be on either side of it.
 *
 * @returns null when the provider does not say, or orders keep coming
 */
export async function readBalance(getCredits: () => Promise<number>, clock: { now(): number }): Promise<Reading | null> {
  for (let look = 0; look < LOOKS; look += 1) {
    const now = new Date(clock.now());
    const day = dayOf(now);
    const before = await creditsOf(day);
    let credits: number;
    try {
      credits = await getCredits();
    } catch (error) {
      log.warn('provider_balance_not_read', { error });
      return null;
    }
    const onTheWay = await creditsOnTheWay(); // before the count: what is counted meanwhile makes another look
    const after = await creditsOf(day);
    if (after.counted === before.counted) return { credits, readAt: now.toISOString(), day, ...after, onTheWay };
  }
  return null;
}

/** @param earlier - the reading before, if there is one */
export async function compareCredits(
  ofDay: Counts,
  reading: Reading | null,
  earlier: Reading | null,
): Promise<{ providerCredits: ProviderCredits; difference: number | null }> {
  const between = reading && earlier ? await countBetween(earlier, reading) : null;
  if (!reading || !earlier || !between) return { providerCredits: { ...ofDay, reading, between, verdict: 'notKnown' }, difference: null };
  const { counted, uncertain, taken } = between;
  const most = counted + reading.onTheWay;
  const { verdict, difference } = judgeCredits({ taken, counted, least: counted - uncertain - earlier.onTheWay, most });
  return { providerCredits: { ...ofDay, reading, between, verdict }, difference };
}

/** What we counted from one reading to the next, day by day. */
async function countBetween(earlier: Reading, later: Reading): Promise<ProviderCredits['between']> {
  let [counted, uncertain] = [later.counted, later.uncertain];
  if (later.day < earlier.day) return null; // the time zone was changed, or the clock
  for (let day = later.day, looked = 0; day !== earlier.day; looked += 1) {
    if (looked >= MOST_DAYS) return null;
    day = dayBefore(day);
    const spent = await creditsOf(day);
    counted += spent.counted;
    uncertain += spent.uncertain;
  }
  const since = { counted: counted - earlier.counted, uncertain: uncertain - earlier.uncertain };
  if (since.counted < 0 || since.uncertain < 0) return null; // somebody has set the count back by hand
  return { since: earlier.readAt, ...since, taken: exact(earlier.credits - later.credits) };
}

/**
 * Orders that nobody knows of may or may not have been charged, and so may those on their way: anything between is explained. Whoever buys
 * credits hides what was taken meanwhile: then nothing can be said.
 */
function judgeCredits({ taken, counted, least, most }: Record<'taken' | 'counted' | 'least' | 'most', number>): {
  verdict: ProviderCredits['verdict'];
  difference: number | null;
} {
  if (taken === counted) return { verdict: 'agrees', difference: 0 };
  if (taken < 0) return { verdict: 'toppedUp', difference: null };
  if (taken > most) return { verdict: 'differs', difference: exact(taken - most) };
  if (taken < least) return { verdict: 'differs', difference: exact(taken - least) };
  return { verdict: 'explained', difference: 0 };
}

/** A balance may have decimals: what binary fractions add to a difference is none. */
function exact(credits: number): number {
  return Number(credits.toFixed(6));
}
