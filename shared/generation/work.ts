/**
 * What the worker knows of a request: `generationWork/{generationId}`, closed to clients. It is the one truth; what clients
 * see in `generations/` is derived from it and written in the same transaction.
 */
import { z } from 'zod';
import { Failure, type Generation, GenerationRequest, GenerationState } from './schema.ts';

export const WORK = 'generationWork';

export const WorkSong = z.object({
  songId: z.string(),
  /** The provider's id. */
  taskId: z.string(),
  /** `finished`: the provider is done, its sound is not yet in our storage. */
  state: z.enum(['making', 'finished', 'ready', 'failed']),
  failure: Failure.nullable(),
  /** Downloads that brought no good sound, and when the first of them had failed. */
  downloads: z.number(),
  firstDownloadAt: z.iso.datetime().nullable(),
  /** Since when it waits for our storage. */
  storageDownAt: z.iso.datetime().nullable(),
  /** Until when the provider's cover is waited for; null when there is nothing to wait for. */
  coverDueAt: z.iso.datetime().nullable(),
});
export type WorkSong = z.output<typeof WorkSong>;

const claimed = {
  /** Number of the claim that may write; one more with each. */
  fence: z.number().default(0),
  /** Its name: whoever is not told whether his claim was stored finds it here. */
  claimId: z.string().nullable().default(null),
};

export const Work = z.object({
  kind: z.literal('generation'),
  generationId: z.string(),
  ownerId: z.string(),
  ownerName: z.string(),
  retryOf: z.string().nullable(),
  /** The latest request that was made to try this one again. */
  retriedBy: z.string().nullable().default(null),
  request: GenerationRequest,
  state: GenerationState,
  failure: Failure.nullable(),
  credits: z.object({ reserved: z.number(), settled: z.number(), released: z.number() }),
  songs: z.array(WorkSong),
  ...claimed,
  /** When it is to be looked at next; while a worker has it, the end of its lease. Absent: never. */
  dueAt: z.iso.datetime().nullable().default(null),
  /** Attempts to order it that certainly did not arrive. */
  tries: z.number(),
  polls: z.number(),
  /** When the order was written down, right before it left. */
  intentAt: z.iso.datetime().nullable(),
  submittedAt: z.iso.datetime().nullable(),
  /** When it became ready, failed or was cancelled: that is counted once. Absent: not yet. */
  endedAt: z.iso.datetime().optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Work = z.output<typeof Work>;

/** A song of which nothing is to remain in storage: `generationWork/discard_<songId>`. */
export const Discard = z.object({ kind: z.literal('discard'), songId: z.string(), ...claimed, dueAt: z.iso.datetime() });
export type Discard = z.output<typeof Discard>;

/** What keeps generation closed is looked at from time to time: `generationWork/probe_<what>`. */
export const Probe = z.object({
  kind: z.literal('probe'),
  what: z.enum(['provider', 'budget']),
  ...claimed,
  dueAt: z.iso.datetime(),
});
export type Probe = z.output<typeof Probe>;

/** Everything that the worker finds in `generationWork`. */
export const Task = z.discriminatedUnion('kind', [Work, Discard, Probe]);
export type Task = z.output<typeof Task>;

const SHOWN = { making: 'making', finished: 'making', ready: 'ready', failed: 'failed' } as const;

/** What its owner sees of it. */
export function viewOf(work: Work): Generation {
  const { generationId, ownerId, retryOf, state, request, failure, credits, createdAt, updatedAt } = work;
  return { generationId, ownerId, retryOf, state, request, songs: shownSongs(work), failure, credits, createdAt, updatedAt };
}

export function shownSongs({ songs }: Work): Generation['songs'] {
  return songs.map(({ songId, state, failure }) => ({ songId, state: SHOWN[state], failure }));
}

/** Nothing that the person sees can change any more, but for a late cover. */
export function hasEnded({ state }: Pick<Work, 'state'>): boolean {
  return state === 'ready' || state === 'failed' || state === 'cancelled';
}
