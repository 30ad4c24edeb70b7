import { needsOf } from '#shared/access';
import type { Generation } from './schema.ts';
import { readGeneration } from './store.ts';

export const generations = needsOf('generation', {
  find: readGeneration,
  subject: ({ ownerId }: Generation) => ({ ownerId, isShared: false }),
});

export { advanceGenerations } from './advanceGenerations.ts';
export { BOUNDS, type Bounds } from './bounds.ts';
export { cancelGeneration, deleteSong, eraseRequests, eraseSongs, giveUpUnordered } from './cancelGeneration.ts';
export { createGeneration, retryGeneration } from './createGeneration.ts';
export { listGenerations } from './listGenerations.ts';
export { CreateSongInput, Generation, GenerationId, titleFrom } from './schema.ts';
export { songsAtWork } from './store.ts';
export { createWorker, type Worker } from './worker.ts';
