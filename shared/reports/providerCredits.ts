/** What the music provider took from our account, held against what we counted. */
import { z } from 'zod';
import { dayBefore } from '#shared/figures';
import { dayOf } from '#shared/limits';
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

/**
 * Asks the provider how many credits are left. What we have counted is looked at before and after: only when it stood still do the
 * two belong to the same moment.
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
    const after = await creditsOf(day);
    if (after.counted === before.counted) return { credits, readAt: now.toISOString(), day, ...after };
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
  const { verdict, difference } = between ? judgeCredits(between) : { verdict: 'notKnown' as const, difference: null };
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
  return { since: earlier.readAt, ...since, taken: earlier.credits - later.credits };
}

/**
 * Orders that nobody knows of may or may not have been charged: anything between is explained. Whoever buys credits hides what was
 * taken meanwhile: then nothing can be said.
 */
function judgeCredits({ counted, uncertain, taken }: Counts & { taken: number }): {
  verdict: ProviderCredits['verdict'];
  difference: number | null;
} {
  if (taken === counted) return { verdict: 'agrees', difference: 0 };
  if (taken < 0) return { verdict: 'toppedUp', difference: null };
  if (taken > counted) return { verdict: 'differs', difference: taken - counted };
  if (taken >= counted - uncertain) return { verdict: 'explained', difference: 0 };
  return { verdict: 'differs', difference: taken - (counted - uncertain) };
}
