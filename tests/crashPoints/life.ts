/** The whole life of a request, whoever works on it: asked for, made, one of its songs deleted, and everything cleared away. */
import { deleteSong } from '#shared/generation';
import { database } from '#shared/runtime';
import type { Listener } from '../shared/generation/listener.ts';
import type { Lane } from './lane.ts';

export interface Life {
  listener: Listener;
  generationId: string;
  askedAtMs: number;
  /** When it was first seen `ready` or `failed`. */
  endedAtMs: number | undefined;
  /** The song that its owner did not want, once both could be heard. */
  deletedSongId: string | undefined;
}

/** More than any life needs; a life that takes as many goes round in circles. */
const MOST_ROUNDS = 150;

export async function beginLife({ studio, listener }: Lane, input: Parameters<Listener['ask']>[0] = {}): Promise<Life> {
  const owner = await listener();
  studio.clock.advance(1); // nothing of the life before has this time
  const askedAtMs = studio.clock.now();
  const generationId = await owner.ask(input);
  return { listener: owner, generationId, askedAtMs, endedAtMs: undefined, deletedSongId: undefined };
}

/**
 * Lets the worker run, and moves the time on to what is due next, until nothing is due any more or `run` says that it is over.
 *
 * @returns whether nothing is due any more
 */
export async function liveOn({ studio: { clock } }: Lane, lives: Life[], run: () => Promise<boolean>): Promise<boolean> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (!(await run())) return false;
    for (const life of lives) await lookAfter(life, clock.now());
    const dueAtMs = await nextDueMs();
    if (dueAtMs === undefined) return true;
    clock.advance(Math.max(0, dueAtMs - clock.now()));
  }
  return false;
}

async function lookAfter(life: Life, nowMs: number): Promise<void> {
  if (life.deletedSongId) return;
  const { state, songs } = await life.listener.generation(life.generationId);
  if (state === 'ready' || state === 'failed') life.endedAtMs ??= nowMs;
  const [, second] = songs;
  if (!second || songs.some((song) => song.state !== 'ready')) return;
  life.deletedSongId = second.songId;
  await deleteSong({ songId: second.songId, ownerId: life.listener.uid, generationId: life.generationId }, new Date(nowMs));
}

async function nextDueMs(): Promise<number | undefined> {
  const db = await database();
  const [first] = (await db.collection('generationWork').orderBy('dueAt').limit(1).select('dueAt').get()).docs;
  return first?.get('dueAt').toMillis();
}
