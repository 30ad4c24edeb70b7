/**
 * Pictures as they are shown. While the database answers, each look is at what stands there; what this process has shown is kept for
 * when it is away. A ticket is for all pictures of a person and does not say where they are: what nobody here has shown yet waits.
 */
import { askOrRecall, needsOf } from '#shared/access';
import { Cache, type Clock, database, problem, within } from '#shared/runtime';
import type { ImageMedia } from './schema.ts';
import { imageRef, mediaRef, privately, toImage, toMedia } from './store.ts';

type ShownPicture = ImageMedia & { createdAt: string };

const READ_LIMIT_MS = 5_000;
const RETRY_AFTER_S = 10;

/** Nothing of it is young enough to be shown without a look. */
const kept = new Cache<{ picture: ShownPicture | undefined }>({ maxEntries: 2_000, maxAgeMs: 0 });

/** A picture with where its bytes are, in one round trip. @throws `feature_unavailable` when nobody can tell where they are now */
export const shownImages = needsOf('image', {
  find: async (imageId, _caller, clock) => (await find(imageId, clock)).picture,
  subject: ({ ownerId }: ShownPicture) => privately(ownerId),
});

/** To be called after it was changed here. */
export function forgetPicture(imageId: string): void {
  kept.forget(imageId);
}

async function find(imageId: string, clock: Clock) {
  const read = async () => ({ picture: await within(READ_LIMIT_MS, 'a picture', readShown(imageId)) });
  const found = await askOrRecall(kept, imageId, clock, () => kept.refresh(imageId, clock, read));
  if (!found) throw problem('feature_unavailable', { feature: 'streaming', reason: 'database', retryAfterS: RETRY_AFTER_S });
  return found;
}

async function readShown(imageId: string): Promise<ShownPicture | undefined> {
  const db = await database();
  const [snapshot, mediaSnapshot] = await db.getAll(imageRef(db, imageId), mediaRef(db, imageId));
  const [image, media] = [toImage(snapshot!), toMedia(mediaSnapshot!)];
  return image && media && { ...media, createdAt: image.createdAt };
}
