/** Looks at what the service cannot do without: the database, Auth, the stores, the provider. */
import { statfs } from 'node:fs/promises';
import { availability, findAuthRecord, ownStores } from '#shared/access';
import { probeStorage } from '#shared/health';
import { readBreaker } from '#shared/limits';
import { ProviderFault, topMediai } from '#shared/music';
import { config, database, mediaStoreIds, readSettings, required, SETTINGS_DOCUMENT, within } from '#shared/runtime';
import { bad, type Check, codeOf, good, tryTwice, unknown } from './check.ts';

const TRY_MS = 4_000;
const AUTH_TRY_MS = 5_000;

/** Written and read back each minute: two operations. @param tryMs - of each of two tries */
export function firestore(tryMs = TRY_MS): Check {
  return {
    name: 'database',
    alerts: ['database_down'],
    limitMs: 2 * tryMs + 1_000,
    whenItFails: 'bad',
    async look({ clock }) {
      const ref = (await database()).doc('dependencies/database');
      await tryTwice(tryMs, 'Firestore', async () => {
        await ref.set({ isUp: true, lookedAt: new Date(clock.now()) });
        await ref.get();
      });
      return [good('database_down')];
    },
  };
}

/** Somebody who cannot exist: not to be found is an answer. */
const NOBODY = 'nobody-watch';

export const auth: Check = {
  name: 'auth',
  alerts: ['auth_down'],
  limitMs: 2 * AUTH_TRY_MS + 1_000,
  whenItFails: 'bad',
  async look() {
    await tryTwice(AUTH_TRY_MS, 'Firebase Auth', () => findAuthRecord(NOBODY));
    return [good('auth_down')];
  },
};

/** The probe is everybody's; this keeps it up for a service that nobody calls. */
export const storage: Check = {
  name: 'storage',
  alerts: ['storage_down'],
  limitMs: 15_000,
  whenItFails: 'unknown',
  async look(world) {
    await probeStorage(world);
    const { storage: known, isDatabaseUp } = await availability(world.clock, { isFresh: true });
    if (!isDatabaseUp) return [unknown('storage_down', 'not known without the database')];
    const broken = ownStores(known).filter(({ canRead, canWrite }) => !canRead || !canWrite);
    const faults = broken.map(
      ({ storeId, canRead, why }) => `${kindOf(storeId)} ${canRead ? 'takes' : 'gives'} nothing: ${why ?? 'unknown'}`,
    );
    return [faults.length > 0 ? bad('storage_down', faults.join('; ')) : good('storage_down')];
  },
};

/** A directory's path is nobody's business. */
function kindOf(storeId: string): string {
  return storeId.startsWith(LOCAL) ? 'the directory' : storeId;
}

const LOCAL = 'local:';
const GIB = 1024 ** 3;
const FREE_GIB = { least: 5, critical: 1 };

/** Buckets have no end. @param freeBytes - of the file system that the directory is on */
export function room(freeBytes: (directory: string) => Promise<number> = freeBytesOf): Check {
  return {
    name: 'room',
    alerts: ['storage_full'],
    limitMs: 5_000,
    whenItFails: 'unknown',
    async look() {
      const directories = mediaStoreIds().flatMap((id) => (id.startsWith(LOCAL) ? [id.slice(LOCAL.length)] : []));
      if (directories.length === 0) return [good('storage_full')];
      const freeGib = Math.min(...(await Promise.all(directories.map(freeBytes)))) / GIB;
      const observed = `${freeGib.toFixed(1)} GiB free`;
      return [freeGib < FREE_GIB.least ? bad('storage_full', observed, freeGib < FREE_GIB.critical) : good('storage_full', observed)];
    },
  };
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** What the dearest song costs. */
const DEAREST_CREDITS = 3;

/** Of what our own documents say of it: what the provider says itself holds without them. */
const KNOWN_MS = 3_000;

/** Asks for our balance, which costs nothing, also while nobody orders a song. */
export const provider: Check = {
  name: 'provider',
  alerts: ['provider_down', 'provider_balance'],
  limitMs: 2 * TRY_MS + 2_000,
  whenItFails: 'unknown',
  async look() {
    const own = { baseUrl: config().TOPMEDIAI_BASE_URL, apiKey: required('TOPMEDIAI_API_KEY'), timeouts: { creditsMs: TRY_MS } };
    const [credits, known] = await Promise.all([
      tryTwice(TRY_MS, 'the provider', () => topMediai(own).getCredits()).catch((error: unknown) => faultOf(error)),
      within(KNOWN_MS, 'what is known of the provider', readKnown()).catch(() => undefined),
    ]);
    if (typeof credits === 'string') return [bad('provider_down', credits), unknown('provider_balance', credits)];
    const allowed = known?.creditsPerDay ?? 0;
    const balance = `${credits} credits, ${allowed} a day allowed`;
    return [
      known?.closedFor === undefined ? good('provider_down') : bad('provider_down', `orders held back: ${known.closedFor}`),
      credits < Math.max(DEAREST_CREDITS, allowed)
        ? bad('provider_balance', balance, credits < DEAREST_CREDITS)
        : good('provider_balance', balance),
    ];
  },
};

async function readKnown(): Promise<{ closedFor: string | undefined; creditsPerDay: number }> {
  const db = await database();
  const [{ isUp, why }, settings] = await Promise.all([readBreaker('provider'), db.doc(SETTINGS_DOCUMENT).get()]);
  return { closedFor: isUp ? undefined : (why ?? 'unknown'), creditsPerDay: readSettings(settings.data()).settings.providerCreditsPerDay };
}

function faultOf(error: unknown): string {
  return error instanceof ProviderFault ? error.kind : codeOf(error);
}
