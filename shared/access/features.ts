/**
 * What is open now: the operator's switch (`settings/service`) AND what the dependencies of a feature can do (`dependencies/*`).
 *
 * Both are read in one round trip, at most every 10 s per process.
 */
import { z } from 'zod';
import {
  Cache,
  type Clock,
  DEFAULT_SETTINGS,
  database,
  FEATURES,
  type Feature,
  fromDocument,
  log,
  problem,
  readSettings,
  SETTINGS_DOCUMENT,
  type ServiceSettings,
  type UnavailableReason,
  within,
} from '#shared/runtime';

/** `storage`: every store can be written and read. `media`: at least one can be read. */
export type Dependency = 'storage' | 'media' | 'provider' | 'budget';

/** What each feature cannot do without, besides the database, and whether phase 1 holds it back. */
const table: Record<Feature, { openInPhase1: boolean; dependsOn: Dependency[] }> = {
  signIn: { openInPhase1: true, dependsOn: [] },
  library: { openInPhase1: true, dependsOn: [] },
  streaming: { openInPhase1: true, dependsOn: ['media'] },
  generation: { openInPhase1: false, dependsOn: ['storage', 'provider', 'budget'] },
  lyrics: { openInPhase1: false, dependsOn: ['provider'] },
  uploads: { openInPhase1: false, dependsOn: ['storage'] },
  files: { openInPhase1: true, dependsOn: [] },
  admin: { openInPhase1: true, dependsOn: [] },
};

const DependencyDocument = z.object({ isUp: z.boolean() });

/** `dependencies/storage`: each store of `MEDIA_STORES`, as the last probe found it. */
const StorageDocument = z.object({
  stores: z.array(z.object({ storeId: z.string(), canRead: z.boolean(), canWrite: z.boolean() })),
});

export interface Availability {
  /** False when the last look at the database failed; the rest is then what was known before. */
  isDatabaseUp: boolean;
  phase: 1 | 2;
  features: Record<Feature, { available: boolean; reason: UnavailableReason | null }>;
  /** Ids of stores that cannot be read. */
  storesDown: string[];
}

const MAX_AGE_MS = 10_000;
const RETRY_AFTER_S = 30;
const READ_LIMIT_MS = 5_000;
/** After a look that failed, nobody waits for another one for so long. */
const LOOK_AGAIN_MS = 5_000;

const states = new Cache<Availability>({ maxEntries: 1, maxAgeMs: MAX_AGE_MS });
const KEY = 'service';
let looksAgainAtMs = Number.NEGATIVE_INFINITY;

/** Operators may edit the settings by hand; while they are invalid, the last good ones hold. */
let lastGood: ServiceSettings = { ...DEFAULT_SETTINGS, phase: 1 };
let warnedOf = '';

/** @throws `feature_unavailable` when it is closed now */
export async function requireOpen(feature: Feature, clock: Clock): Promise<void> {
  const { available, reason } = (await availability(clock)).features[feature];
  if (!available && reason) throw problem('feature_unavailable', { feature, reason, retryAfterS: RETRY_AFTER_S });
}

/** The state of all features, at most a few seconds old; while the database is down, the last one known. */
export async function availability(clock: Clock): Promise<Availability> {
  if (clock.monotonicMs() < looksAgainAtMs) return lastKnown();
  try {
    return await states.get(KEY, clock, () => within(READ_LIMIT_MS, 'the state of the features', read()));
  } catch (error) {
    if (clock.monotonicMs() >= looksAgainAtMs) log.warn('availability_not_read', { error });
    looksAgainAtMs = clock.monotonicMs() + LOOK_AGAIN_MS;
    return lastKnown();
  }
}

/** Stores that cannot be read now, as far as is known. */
export async function storesDown(clock: Clock): Promise<Set<string>> {
  return new Set((await availability(clock)).storesDown);
}

function lastKnown(): Availability {
  return { storesDown: [], ...(states.lastKnown(KEY) ?? judge(lastGood, [])), isDatabaseUp: false };
}

async function read(): Promise<Availability> {
  const db = await database();
  const names = ['storage', 'provider', 'budget'].map((name) => db.doc(`dependencies/${name}`));
  const [settings, storage, provider, budget] = await db.getAll(db.doc(SETTINGS_DOCUMENT), ...names);
  const { settings: read, invalid } = readSettings(settings?.data(), lastGood);
  if (invalid.length > 0 && invalid.join() !== warnedOf) log.warn('settings_invalid', { fields: invalid });
  warnedOf = invalid.join();
  lastGood = read;
  const stores = StorageDocument.safeParse(fromDocument(storage?.data() ?? {})).data?.stores ?? [];
  const down = [
    ...storageFaults(stores),
    ...(isDown(provider?.data()) ? ['provider' as const] : []),
    ...(isDown(budget?.data()) ? ['budget' as const] : []),
  ];
  return { ...judge(read, down), storesDown: stores.filter(({ canRead }) => !canRead).map(({ storeId }) => storeId) };
}

function storageFaults(stores: z.output<typeof StorageDocument>['stores']): Dependency[] {
  if (stores.length === 0) return []; // nobody has looked yet
  const isWhole = stores.every(({ canRead, canWrite }) => canRead && canWrite);
  return [...(isWhole ? [] : ['storage' as const]), ...(stores.some(({ canRead }) => canRead) ? [] : ['media' as const])];
}

function isDown(data: Record<string, unknown> | undefined): boolean {
  return data !== undefined && DependencyDocument.safeParse(fromDocument(data)).data?.isUp === false;
}

/** The rule of the table, alone. */
export function judge(settings: Pick<ServiceSettings, 'phase' | 'closedFeatures'>, down: Dependency[]): Omit<Availability, 'storesDown'> {
  const entries = FEATURES.map((feature) => {
    const reason = reasonClosed(feature, settings, down);
    return [feature, { available: reason === null, reason }] as const;
  });
  return { isDatabaseUp: true, phase: settings.phase, features: Object.fromEntries(entries) as Availability['features'] };
}

function reasonClosed(
  feature: Feature,
  settings: Pick<ServiceSettings, 'phase' | 'closedFeatures'>,
  down: Dependency[],
): UnavailableReason | null {
  const { openInPhase1, dependsOn } = table[feature];
  if (settings.closedFeatures.some((closed) => closed === feature) || (settings.phase === 1 && !openInPhase1)) return 'phase';
  const missing = dependsOn.find((dependency) => down.includes(dependency));
  return missing === 'media' ? 'storage' : (missing ?? null);
}
