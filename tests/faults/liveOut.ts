/** A request from the first call for it to its end, while what the service stands on comes and goes. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { database } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import type { Life } from '../crashPoints/life.ts';
import type { Listener } from '../shared/generation/listener.ts';
import type { Studio } from '../support/studio.ts';
import { tokenNow } from './tokenNow.ts';

export const PROMPT = 'a calm song about paper boats';

const MOST_CALLS = 40;
const PAUSE_MS = 50;

/** Asks until the answer is yes, as a good client does: one key, and the pauses that it is told. @returns every answer's status */
export async function askUntilTaken(studio: Studio, listener: Listener): Promise<{ life: Life; answers: number[] }> {
  const { service, clock } = studio;
  const token = tokenNow(studio, listener);
  const askedAtMs = clock.now();
  const headers = { 'idempotency-key': randomUUID() };
  const answers: number[] = [];
  while (answers.length < MOST_CALLS) {
    const { status, headers: answered, body } = await service.call(createSong, { prompt: PROMPT }, { token, headers });
    answers.push(status);
    const { generationId } = status === 202 ? body.generation : {};
    if (generationId) return { answers, life: { listener, generationId, askedAtMs, endedAtMs: undefined, deletedSongId: undefined } };
    clock.advance(1000 * Number(answered.get('retry-after') ?? 1));
    await sleep(PAUSE_MS);
  }
  throw new Error(`never taken: ${answers}`);
}

/** More than any life needs; one that takes as many goes round in circles. */
const MOST_ROUNDS = 300;

/**
 * Runs the worker as Cloud Scheduler does, whatever became of the run before, and moves the time on to what is due next, until
 * nothing is. @returns what runs failed with
 *
 * @param between - waited for after each run
 */
export async function liveOut(
  { clock, runWorker }: Studio,
  lives: Life[],
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const failures: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    try {
      await runWorker();
      await between();
      await Promise.all(lives.map((life) => lookAfter(life, clock.now())));
      const dueAtMs = await nextDueMs();
      if (dueAtMs === undefined) return failures;
      clock.advance(Math.max(0, dueAtMs - clock.now()));
    } catch (error) {
      failures.push(String(error));
      await between().catch(() => undefined); // a restart may take longer than many runs
      await sleep(PAUSE_MS);
    }
  }
  return [...failures, `there is always something due, after ${MOST_ROUNDS} runs`];
}

async function lookAfter(life: Life, nowMs: number): Promise<void> {
  if (life.endedAtMs !== undefined) return;
  const { state } = await life.listener.generation(life.generationId);
  if (state === 'ready' || state === 'failed') life.endedAtMs = nowMs;
}

async function nextDueMs(): Promise<number | undefined> {
  const db = await database();
  const [first] = (await db.collection('generationWork').orderBy('dueAt').limit(1).select('dueAt').get()).docs;
  return first?.get('dueAt').toMillis();
}
