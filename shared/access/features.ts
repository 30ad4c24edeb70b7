/**
 * What is open now: the operator's switch (`settings/service`) AND what the dependencies of a feature can do (`dependencies/*`).
 *
 * Both are read in one round trip, at most every 10 s per process.
 */
import type { Timestamp } from '@google-cloud/firestore';
import { z } from 'zod';
import {
  Cache,
  type Clock,
  DEFAULT_SETTINGS,
  DeadlineExceeded,
  database,
  FEATURES,
  type Feature,
  fromDocument,
  log,
  mediaStoreIds,
  problem,
  readSettings,
  SETTINGS_DOCUMENT,
  type ServiceSettings,
  type UnavailableReason,
  within,
} from '#shared/runtime';

/** `storage`: every store can be written and read. `media`: at least one can be read. `database`: Firestore answers. */
export type Dependency = 'storage' | 'media' | 'provider' | 'lyrics' | 'budget' | 'database';

interface Row {
  openInPhase1: boolean;
  /** What it cannot do anything without. */
  dependsOn: Dependency[];
}

/** What each feature cannot do without, and whether phase 1 holds it back. */
const table: Record<Feature, Row> = {
  signIn: { openInPhase1: true, dependsOn: ['database'] },
  library: { openInPhase1: true, dependsOn: [] }, // without the database: public reads that are still in a cache
  streaming: { openInPhase1: true, dependsOn: ['media'] }, // without the database: for tickets (docs/decisions/0040)
  generation: { openInPhase1: false, dependsOn: ['storage', 'provider', 'budget', 'database'] },
  lyrics: { openInPhase1: false, dependsOn: ['provider', 'lyrics', 'database'] },
  uploads: { openInPhase1: false, dependsOn: ['storage', 'database'] },
  files: { openInPhase1: true, dependsOn: ['database'] }, // deletes only write down what is to go
  admin: { openInPhase1: true, dependsOn: ['database'] },
};

/** Whether it takes a look at the storage to say if the feature is open. */
export function dependsOnStorage(feature: Feature | 'none'): boolean {
  return feature !== 'none' && table[feature].dependsOn.some((dependency) => dependency === 'storage' || dependency === 'media');
}

const DependencyDocument = z.object({ isUp: z.boolean(), triesAgainAt: z.iso.datetime().nullable().catch(null) });

/** One store of `MEDIA_STORES`, as the last probe found it. */
const StoreState = z.object({
  storeId: z.string(),
  canRead: z.boolean(),
  canWrite: z.boolean(),
  /** For operators: the code of the key's fault, or the kind of the store's, or `slow`, once even while it still counts as whole. */
  why: z.string().nullable().default(null),
  /** null: it has been whole ever since it was first looked at. */
  changedAt: z.iso.datetime().nullable().default(null),
  /** When it is to be looked at again; null: at once. */
  dueAt: z.iso.datetime().nullable().default(null),
});
export type StoreState = z.output<typeof StoreState>;

/** `dependencies/storage`. Nonsense in it is nothing known. */
const StorageDocument = z.object({ stores: z.array(StoreState).default([]) }).catch({ stores: [] });

/** What is known of the storage: of our stores, and of those that another version of the service uses during a deployment. */
export interface StorageState extends z.output<typeof StorageDocument> {
  /** Which version of the document says so; `undefined` when there is none. */
  updateTime: Timestamp | undefined;
}

export interface Availability {
  /** False when the last look at the database failed; the rest is then what was known before. */
  isDatabaseUp: boolean;
  /** It failed because the database did not answer, or could not. What it answered, however bad, is no outage. */
  isDatabaseAway: boolean;
  phase: 1 | 2;
  features: Record<Feature, { available: boolean; reason: UnavailableReason | null }>;
  /** What does not work. */
  down: Dependency[];
  storage: StorageState;
}

/** Nobody has looked yet. */
const UNKNOWN: StorageState = { stores: [], updateTime: undefined };

const MAX_AGE_MS = 10_000;
const RETRY_AFTER_S = 30;
const READ_LIMIT_MS = 5_000;
/** So long waits who can go on with what was known. */
export const HURRY_MS = 1_500;
/** After a look that failed, nobody waits for another one for so long. */
const LOOK_AGAIN_MS = 5_000;

const states = new Cache<Availability>({ maxEntries: 1, maxAgeMs: MAX_AGE_MS });
const KEY = 'service';
const WHAT = 'the state of the features';
let looksAgainAtMs = Number.NEGATIVE_INFINITY;
let wasOutage = false;
/** Who knows enough to go on does not wait again, until then or until the database has answered. */
let isSlowUntilMs = Number.NEGATIVE_INFINITY;
/** What the database said last, however old. */
let last: Pick<Availability, 'storage' | 'down'> = { storage: UNKNOWN, down: [] };

/** Operators may edit the settings by hand; while they are invalid, the last good ones hold. */
let lastGood: ServiceSettings = { ...DEFAULT_SETTINGS, phase: 1 };
let warnedOf = '';

/**
 * A database that was silent a moment ago may answer now: the call itself finds out, and says the same.
 *
 * @throws `feature_unavailable` when it is closed now
 */
export async function requireOpen(feature: Feature, clock: Clock, { limitMs = READ_LIMIT_MS } = {}): Promise<void> {
  const { available, reason } = (await availability(clock, { limitMs })).features[feature];
  if (!available && reason && reason !== 'database') throw problem('feature_unavailable', { feature, reason, retryAfterS: RETRY_AFTER_S });
}

/**
 * The state of all features, at most a few seconds old; while the database is down, the last one known.
 *
 * @param options.isFresh - reads it in any case
 * @param options.limitMs - for whoever would rather have what was known than wait
 */
export async function availability(clock: Clock, { isFresh = false, limitMs = READ_LIMIT_MS } = {}): Promise<Availability> {
  if (clock.monotonicMs() < looksAgainAtMs) return lastKnown(wasOutage);
  const isInHurry = limitMs < READ_LIMIT_MS;
  if (isInHurry && clock.monotonicMs() < isSlowUntilMs) return lastKnown(true);
  const load = () => within(READ_LIMIT_MS, WHAT, read(clock)).then(noteSuccess, (error: unknown) => noteFailure(error, clock));
  try {
    return await within(limitMs, WHAT, isFresh ? states.refresh(KEY, clock, load) : states.get(KEY, clock, load));
  } catch (error) {
    if (isInHurry && isOutage(error)) isSlowUntilMs = clock.monotonicMs() + LOOK_AGAIN_MS;
    return lastKnown(isOutage(error));
  }
}

function noteSuccess(found: Availability): Availability {
  isSlowUntilMs = Number.NEGATIVE_INFINITY;
  return found;
}

/** Only when the whole limit was waited: a database that is slow for somebody in a hurry is not away for the others. */
function noteFailure(error: unknown, clock: Clock): never {
  log.warn('availability_not_read', { error });
  looksAgainAtMs = clock.monotonicMs() + LOOK_AGAIN_MS;
  wasOutage = isOutage(error);
  throw error;
}

// grpc.github.io/grpc/core/md_doc_statuscodes.html: deadline exceeded, resource exhausted, aborted, unavailable
const GRPC_OUTAGE = new Set<unknown>([4, 8, 10, 14]);

/** Whether the database did not answer, or could not. */
export function isOutage(thrown: unknown): boolean {
  return thrown instanceof DeadlineExceeded || GRPC_OUTAGE.has((thrown as { code?: unknown } | null)?.code);
}

/** What `availability` would give without asking anybody. */
export function knownAvailability(clock: Clock): Availability | undefined {
  return states.peek(KEY, clock);
}

/** Something has changed, or somebody else was quicker: the next look is at the database. */
export function forgetAvailability(): void {
  states.forget(KEY);
}

/** Each store of this deployment; one that nobody has looked at yet counts as whole. Those of other versions close nothing here. */
export function ownStores({ stores }: Pick<StorageState, 'stores'>): StoreState[] {
  const unknown = { canRead: true, canWrite: true, why: null, changedAt: null, dueAt: null };
  return mediaStoreIds().map((id) => stores.find(({ storeId }) => storeId === id) ?? { storeId: id, ...unknown });
}

/** Stores of this deployment that cannot be read now, as far as is known. */
export async function storesDown(clock: Clock): Promise<Set<string>> {
  const { storage } = await availability(clock, { limitMs: HURRY_MS });
  return new Set(
    ownStores(storage)
      .filter(({ canRead }) => !canRead)
      .map(({ storeId }) => storeId),
  );
}

function lastKnown(isDatabaseAway: boolean): Availability {
  const down = [...last.down, 'database' as const];
  return { ...judge(lastGood, down), isDatabaseUp: false, isDatabaseAway, storage: last.storage, down };
}

async function read(clock: Clock): Promise<Availability> {
  const db = await database();
  const names = ['storage', 'provider', 'lyrics', 'budget'].map((name) => db.doc(`dependencies/${name}`));
  const [settings, storage, provider, lyrics, budget] = await db.getAll(db.doc(SETTINGS_DOCUMENT), ...names);
  const { settings: read, invalid } = readSettings(settings?.data(), lastGood);
  if (invalid.length > 0 && invalid.join() !== warnedOf) log.warn('settings_invalid', { fields: invalid });
  warnedOf = invalid.join();
  lastGood = read;
  const state = { ...StorageDocument.parse(fromDocument(storage?.data() ?? {})), updateTime: storage?.updateTime };
  const down = [
    ...storageFaults(state),
    ...(isDown(provider?.data(), clock) ? ['provider' as const] : []),
    ...(isDown(lyrics?.data(), clock) ? ['lyrics' as const] : []),
    ...(isDown(budget?.data(), clock) ? ['budget' as const] : []),
  ];
  last = { storage: state, down };
  return { ...judge(read, down), ...last, isDatabaseUp: true, isDatabaseAway: false };
}

function storageFaults(state: StorageState): Dependency[] {
  const stores = ownStores(state);
  const isWhole = stores.every(({ canRead, canWrite }) => canRead && canWrite);
  return [...(isWhole ? [] : ['storage' as const]), ...(stores.some(({ canRead }) => canRead) ? [] : ['media' as const])];
}

function isDown(data: Record<string, unknown> | undefined, clock: Clock): boolean {
  const state = DependencyDocument.safeParse(fromDocument(data ?? {})).data;
  if (state?.isUp !== false) return false;
  return state.triesAgainAt === null || Date.parse(state.triesAgainAt) > clock.now();
}

/** The rule of the table, alone. */
export function judge(
  settings: Pick<ServiceSettings, 'phase' | 'closedFeatures'>,
  down: Dependency[],
): Pick<Availability, 'phase' | 'features'> {
  const entries = FEATURES.map((feature) => {
    const reason = reasonClosed(feature, settings, down);
    return [feature, { available: reason === null, reason }] as const;
  });
  return { phase: settings.phase, features: Object.fromEntries(entries) as Availability['features'] };
}

function reasonClosed(
  feature: Feature,
  settings: Pick<ServiceSettings, 'phase' | 'closedFeatures'>,
  down: Dependency[],
): UnavailableReason | null {
  const { openInPhase1, dependsOn } = table[feature];
  if (settings.closedFeatures.some((closed) => closed === feature) || (settings.phase === 1 && !openInPhase1)) return 'phase';
  const missing = dependsOn.find((dependency) => down.includes(dependency));
  if (missing === 'media') return 'storage';
  return missing === 'lyrics' ? 'provider' : (missing ?? null);
}
