import { dependsOnStorage, requireOpen as requireKnownOpen } from '#shared/access';
import type { Feature, World } from '#shared/runtime';
import { probeStorage } from './probeStorage.ts';

/**
 * Looks at the storage first when the feature depends on it and it is time.
 *
 * @throws `feature_unavailable` when the feature is closed now
 */
export async function requireOpen(feature: Feature, world: Pick<World, 'clock' | 'newId'>): Promise<void> {
  if (dependsOnStorage(feature)) await probeStorage(world);
  await requireKnownOpen(feature, world.clock);
}
