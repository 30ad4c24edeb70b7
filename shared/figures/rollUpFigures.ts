import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { Allowance, database, isConflict, log, nudgeJob, type World } from '#shared/runtime';
import { addEnded, costOfEnded } from './addEnded.ts';
import { addPage, costOfPage } from './addPage.ts';
import { FIGURES } from './schema.ts';

export interface RollUpBounds {
  /** No page is begun with after so long. */
  passMs: number;
  /** Documents of one run; the next goes on with what is left. */
  reads: number;
  writes: number;
  /** Documents of processes that are added in one transaction. */
  page: number;
  /** Requests for songs that are added in one run. */
  ended: number;
  /** Between two writes of the same hour. */
  pauseMs: number;
}

export const ROLL_UP_BOUNDS: RollUpBounds = { passMs: 20_000, reads: 480, writes: 200, page: 80, ended: 40, pauseMs: 1_000 };

interface Pass {
  world: Pick<World, 'clock'>;
  signal: AbortSignal;
  bounds?: RollUpBounds;
}

export interface RollUpReport {
  /** Documents of processes, and requests for songs, that were added. */
  minutes: number;
  ended: number;
  /** Everything that waited has been added. */
  isDone: boolean;
}

/**
 * Adds what processes have written to their hour, their day and the last minutes, each document once: it is marked in the same
 * transaction. What comes late is added to the hour and the day that it is of. Runs may overlap, or die anywhere; another that was
 * quicker leaves nothing to do. With nothing to add it costs three reads.
 */
export async function rollUpFigures({ world, signal, bounds = ROLL_UP_BOUNDS }: Pass): Promise<RollUpReport> {
  const { clock } = world;
  const endsAtMs = clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || clock.monotonicMs() >= endsAtMs;
  const allowance = new Allowance(bounds);
  allowance.spend(costOfEnded(bounds.ended));
  const report: RollUpReport = { minutes: 0, ended: 0, isDone: false };
  report.ended = (await addEnded(new Date(clock.now()), bounds.ended).catch(skipConflict)) ?? 0;
  let mustPause = report.ended > 0;
  while (!report.isDone && !isOver() && allowance.take(costOfPage(bounds.page))) {
    const page = await waiting(bounds.page);
    if (page.length > 0 && mustPause) await clock.sleep(bounds.pauseMs, signal);
    const added = await addPage(page, new Date(clock.now())).catch(skipConflict);
    report.minutes += added?.minutes ?? 0;
    report.isDone = page.length < bounds.page && added?.isWhole === true;
    mustPause = true;
  }
  if (!report.isDone && !signal.aborted) await nudgeJob('watchService', clock);
  return report;
}

async function waiting(limit: number): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  return (await db.collection(FIGURES).where('isRolledUp', '==', false).limit(limit).get()).docs;
}

/** Somebody else has added it: what is left is for the next pass. */
function skipConflict(error: unknown): undefined {
  if (!isConflict(error)) throw error;
  log.info('figures_added_elsewhere');
  return undefined;
}
