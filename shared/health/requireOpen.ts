import { dependsOnStorage, requireOpen as requireKnownOpen } from '#shared/access';
import type { Feature, World } from '#shared/runtime';
import { probeStorage } from './probeStorage.ts';

/**
 * Looks at the storage first when the feature depends on it and it is time.
 *
 * @param limits.limitMs - for whoever would rather go on with what was known than wait for a look at the database
 * @throws `feature_unavailable` when the feature is closed now
 */
export async function requireOpen(
  feature: Feature,
  world: Pick<World, 'clock' | 'newId'>,
  limits: { limitMs?: number } = {},
): Promise<void> {
  if (dependsOnStorage(feature)) await probeStorage(world, limits);
  await requireKnownOpen(feature, world.clock, limits);
}
