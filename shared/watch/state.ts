/** Looks at what our own documents say. */
import { BOUNDS } from '#shared/generation';
import { dayOf, readBreaker, readServiceBudget } from '#shared/limits';
import { database, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import { bad, type Check, good } from './check.ts';

const READ_MS = 5_000;
const MINUTE_MS = 60_000;

/** Of `dependencies/lyrics`, the breaker that all instances share. */
export const lyrics: Check = {
  name: 'lyrics',
  alerts: ['lyrics_down'],
  limitMs: READ_MS,
  whenItFails: 'unknown',
  async look({ clock }) {
    const { isUp, why, triesAgainAt } = await readBreaker('lyrics');
    const isClosed = !isUp && (triesAgainAt === null || Date.parse(triesAgainAt) > clock.now());
    return [isClosed ? bad('lyrics_down', why ?? 'unknown') : good('lyrics_down')];
  },
};

const WARNS_AT_SHARE = 0.8;

export const budget: Check = {
  name: 'budget',
  alerts: ['provider_budget', 'orders_unclear'],
  limitMs: READ_MS,
  whenItFails: 'unknown',
  async look({ clock }) {
    const now = new Date(clock.now());
    const db = await database();
    const [{ used, limit }, day] = await Promise.all([readServiceBudget(now), db.doc(`quotas/service_${dayOf(now)}`).get()]);
    const observed = `${used} of ${limit} credits used`;
    const unclear = Number(day.get('unknownCredits') ?? 0);
    return [
      used >= limit * WARNS_AT_SHARE && used > 0 ? bad('provider_budget', observed, used >= limit) : good('provider_budget', observed),
      unclear > 0 ? bad('orders_unclear', `${unclear} credits`) : good('orders_unclear'),
    ];
  },
};

export const settings: Check = {
  name: 'settings',
  alerts: ['settings_invalid'],
  limitMs: READ_MS,
  whenItFails: 'unknown',
  async look() {
    const db = await database();
    const { invalid } = readSettings((await db.doc(SETTINGS_DOCUMENT).get()).data());
    return [invalid.length > 0 ? bad('settings_invalid', invalid.join(', ')) : good('settings_invalid')];
  },
};

const { queuedMs, makingMs, storageMs, submitMs, unknownMs } = BOUNDS;
const STUCK = {
  /** The worker comes each minute, and replaces a dead one after a minute's lease. */
  overdueMs: 3 * MINUTE_MS,
  /** All that may come before the sound is finished, one after the other. */
  makingMs: queuedMs + submitMs + Math.max(unknownMs, makingMs) + 5 * MINUTE_MS,
  /** And then it may wait for storage. */
  archivingMs: queuedMs + submitMs + makingMs + storageMs + 15 * MINUTE_MS,
};

/** Three queries, each for one document, and nearly always none. */
export const generations: Check = {
  name: 'generations',
  alerts: ['generations_stuck'],
  limitMs: READ_MS,
  whenItFails: 'unknown',
  async look({ clock }) {
    const db = await database();
    const before = (ms: number) => new Date(clock.now() - ms);
    const requests = db.collection('generations').orderBy('createdAt').limit(1);
    const [overdue, making, archiving] = await Promise.all([
      db.collection('generationWork').where('dueAt', '<=', before(STUCK.overdueMs)).orderBy('dueAt').limit(1).get(),
      requests
        .where('state', 'in', ['queued', 'submitting', 'unknown', 'submitted'])
        .where('createdAt', '<=', before(STUCK.makingMs))
        .get(),
      requests.where('state', '==', 'archiving').where('createdAt', '<=', before(STUCK.archivingMs)).get(),
    ]);
    const [stuck] = [...making.docs, ...archiving.docs, ...overdue.docs];
    if (!stuck) return [good('generations_stuck')];
    return [bad('generations_stuck', `${stuck.id}, ${String(stuck.get('state') ?? stuck.get('kind'))}`)];
  },
};
