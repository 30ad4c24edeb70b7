import { startBackup } from './startBackup.ts';
import type { Step } from './step.ts';

const MINUTE_MS = 60_000;
/** Before the second try of a day, and before the third and last: what comes and goes has gone, and whoever was told may have mended it. */
const PAUSES_MS = [10 * MINUTE_MS, 30 * MINUTE_MS];
/** One that was missed for so long is left to the next day's. */
const LATEST_MS = 20 * 60 * MINUTE_MS;

/** @returns when another is begun for one that has failed now; null: the tries of its day are used up */
export function nextTryAt(tries: number, nowMs: number): string | null {
  const pauseMs = PAUSES_MS[tries - 1];
  return pauseMs === undefined ? null : new Date(nowMs + pauseMs).toISOString();
}

/**
 * Begins another backup for one that has failed, when it is time. Safe to repeat and twice at once: whatever was begun since is the other.
 *
 * @returns when it will be time; undefined: there is nothing more to do
 */
export async function tryAgain({ turn, world }: Pick<Step, 'turn' | 'world'>): Promise<Date | undefined> {
  const { retryAt, backupId, createdAt, tries } = turn.work;
  if (retryAt === null) return undefined;
  if (world.clock.now() < Date.parse(retryAt)) return new Date(retryAt);
  if (world.clock.now() - Date.parse(retryAt) < LATEST_MS) await startBackup({ world, retryOf: { backupId, createdAt, tries } });
  await turn.write({ work: { retryAt: null } });
  return undefined;
}
