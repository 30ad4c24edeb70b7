/** What the watch takes for good and for bad: each of its looks, at a real database, a provider and a directory. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rollUpFigures } from '#shared/figures';
import type { Finding } from '#shared/incidents';
import { JOBS } from '#shared/jobs';
import { dayOf } from '#shared/limits';
import { closeDatabase, database, systemWorld } from '#shared/runtime';
import { lastDueMs } from '../../../shared/jobs/lastDue.ts';
import { type Check, lookAt } from '../../../shared/watch/check.ts';
import { auth, firestore, provider, room, storage } from '../../../shared/watch/dependencies.ts';
import { figures } from '../../../shared/watch/figures.ts';
import { budget, generations, lyrics, settings } from '../../../shared/watch/state.ts';
import { CHECKS } from '../../../shared/watch/watch.ts';
import { backups, comparisons, jobs, report, tombstones } from '../../../shared/watch/work.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { figuresOf, request, writeFigures } from '../figures/givenFigures.ts';

const HOUR_MS = 60 * 60_000;
const GIB = 1024 ** 3;

let house: House;
const clock = new TestClock();
const world = { ...systemWorld, clock };

beforeAll(async () => {
  house = await openHouse({ world: { clock } });
});
beforeEach(async () => {
  const db = await database();
  for (const name of [
    'settings',
    'dependencies',
    'quotas',
    'generations',
    'generationWork',
    'backups',
    'figures',
    'figureState',
    'reports',
  ]) {
    await db.recursiveDelete(db.collection(name));
  }
});
afterAll(async () => {
  await house.close();
  await closeDatabase();
});

async function put(path: string, data: object): Promise<void> {
  await (await database()).doc(path).set(data);
}

/** Those that are not good, as `alert: observed`, with a mark when it is worse, or when nobody can say. */
async function faults(check: Check): Promise<string[]> {
  const found: Finding[] = await check.look(world);
  expect(found.map(({ alert }) => alert).sort()).toEqual([...check.alerts].sort());
  return found
    .filter(({ state }) => state !== 'good')
    .map(({ alert, observed, state, isWorse }) => `${alert}: ${observed}${isWorse ? ' (!)' : ''}${state === 'unknown' ? ' (?)' : ''}`);
}

function ago(ms: number): Date {
  return new Date(clock.now() - ms);
}

it('A service that is well has nothing to tell', async () => {
  for (const check of CHECKS) expect([check.name, await faults(check)]).toEqual([check.name, []]);
});

describe('Our own documents tell', () => {
  it('that settings were spoiled by hand, and which', async () => {
    await put('settings/service', { phase: 3, songsPerDay: 'many' });
    expect(await faults(settings)).toEqual(['settings_invalid: phase, songsPerDay']);
  });

  it('that the budget of the day is nearly spent, and that it is; and that an order may be lost', async () => {
    await put(`quotas/service_${dayOf(new Date(clock.now()))}`, { providerCredits: 79 });
    expect(await faults(budget)).toEqual([]);
    await put(`quotas/service_${dayOf(new Date(clock.now()))}`, { providerCredits: 80, unknownCredits: 2 });
    expect(await faults(budget)).toEqual(['provider_budget: 80 of 100 credits used', 'orders_unclear: 2 credits']);
    await put(`quotas/service_${dayOf(new Date(clock.now()))}`, { providerCredits: 101 });
    expect(await faults(budget)).toEqual(['provider_budget: 101 of 100 credits used (!)']);
  });

  it('that lyrics fail, until they may be tried again', async () => {
    await put('dependencies/lyrics', { isUp: false, why: 'lyrics_fails', triesAgainAt: new Date(clock.now() + 15_000) });
    expect(await faults(lyrics)).toEqual(['lyrics_down: lyrics_fails']);
    await put('dependencies/lyrics', { isUp: false, why: 'lyrics_fails', triesAgainAt: ago(1) });
    expect(await faults(lyrics)).toEqual([]);
  });

  it('that work is overdue, and which requests are older than they may get', async () => {
    await put('generationWork/gen_late', { dueAt: ago(179_000), state: 'queued' });
    expect(await faults(generations)).toEqual([]);
    await put('generationWork/gen_late', { dueAt: ago(180_000), state: 'queued' });
    expect(await faults(generations)).toEqual(['generations_stuck: gen_late, queued']);
    await put('generations/gen_old', { state: 'submitted', createdAt: ago(31 * 60_000) });
    expect(await faults(generations)).toEqual(['generations_stuck: gen_old, submitted']);
    await put('generations/gen_old', { state: 'archiving', createdAt: ago(24 * HOUR_MS) });
    await put('generationWork/gen_late', { dueAt: ago(0), state: 'queued' });
    expect(await faults(generations)).toEqual([]);
    await put('generations/gen_old', { state: 'archiving', createdAt: ago(25 * HOUR_MS) });
    expect(await faults(generations)).toEqual(['generations_stuck: gen_old, archiving']);
  });

  it('that the newest verified backup is older than 26 hours, and that one has failed since', async () => {
    const backup = (id: string, hours: number, more: object) =>
      put(`backups/${id}`, { backupId: id, createdAt: ago(hours * HOUR_MS), snapshotAt: ago(hours * HOUR_MS), failure: null, ...more });
    await backup('bak_first', 26, { state: 'verified' });
    await backup('bak_running', 1, { state: 'exporting' });
    expect(await faults(backups)).toEqual([]);
    await backup('bak_first', 26.1, { state: 'verified' });
    expect(await faults(backups)).toEqual(['backup_overdue: 26 hours']);
    await backup('bak_failed', 2, { state: 'failed', failure: { code: 'bucket_refused', detail: 'text' } });
    expect(await faults(backups)).toEqual(['backup_overdue: 26 hours', 'backup_failed: bak_failed, bucket_refused']);
    await backup('bak_running', 1, { state: 'verified' });
    expect(await faults(backups)).toEqual([]);
  });

  it('that the last weekly backup was not found equal, or none for too long', async () => {
    const weekly = (id: string, hours: number, comparison: string, more: object = {}) =>
      put(`backups/${id}`, {
        ...{
          backupId: id,
          isWeekly: true,
          state: 'verified',
          createdAt: ago(hours * HOUR_MS),
          snapshotAt: ago(hours * HOUR_MS),
          failure: null,
        },
        ...{ restoredAt: null, comparison: { state: comparison, fault: { code: 'database_refused', detail: 'text' } }, ...more },
      });
    await weekly('bak_equal', 9 * 24, 'equal', { restoredAt: ago(9 * 24 * HOUR_MS) });
    await weekly('bak_running', 48, 'running');
    expect(await faults(comparisons)).toEqual([]);
    await weekly('bak_equal', 10 * 24, 'equal', { restoredAt: ago(9 * 24 * HOUR_MS + 1) });
    expect(await faults(comparisons)).toEqual(['backup_not_compared: none for 216 hours']);
    await weekly('bak_running', 48, 'given_up');
    expect(await faults(comparisons)).toEqual(['backup_not_compared: bak_running, given_up, database_refused']);
    await weekly('bak_running', 48, 'different', { state: 'failed' });
    expect(await faults(comparisons)).toEqual(['backup_not_compared: bak_running, different, database_refused']);
    await weekly('bak_running', 48, 'equal', { restoredAt: ago(HOUR_MS) });
    expect(await faults(comparisons)).toEqual([]);
  });

  it('that the deletion of an account waits to be copied to the backups', async () => {
    await put('tombstones/one', { erasureId: 'tmb_one', deletedAt: ago(10 * 60_000) });
    expect(await faults(tombstones)).toEqual([]);
    await put('tombstones/one', { erasureId: 'tmb_one', deletedAt: ago(11 * 60_000) });
    expect(await faults(tombstones)).toEqual(['tombstones_not_copied: 11 minutes']);
    await put('jobRuns/copyTombstones', { copiedToAt: ago(11 * 60_000) });
    expect(await faults(tombstones)).toEqual([]);
  });

  it('that the daily check of the books has found something, and that the provider counts otherwise', async () => {
    await put('reports/2026-03-01', { day: '2026-03-01', books: { discrepancyCount: 2 }, creditsDifference: -3 });
    const found = ['books_wrong: 2 discrepancies, 2026-03-01', 'credits_differ: -3 credits, 2026-03-01'];
    expect(await faults(report)).toEqual(found);
    for (const day of [2, 3, 4, 5, 6, 7]) {
      const next = `2026-03-0${day}`;
      await put(`reports/${next}`, { day: next, books: { discrepancyCount: 0 }, creditsDifference: day % 2 === 0 ? null : 0 });
    }
    expect(await faults(report)).toEqual(found); // nobody has mended them overnight
    await put('reports/2026-03-08', { day: '2026-03-08', books: { discrepancyCount: 0 }, creditsDifference: 0 });
    expect(await faults(report)).toEqual([]);
  });

  describe('of requests', () => {
    /** Every twentieth is like this one. */
    async function answered(count: number, own: Parameters<typeof request>[0], others: typeof own = {}): Promise<string[]> {
      await (await database()).recursiveDelete((await database()).collection('figureState'));
      const all = Array.from({ length: count }, (_, at) => request(at % 20 === 0 ? own : others));
      await writeFigures(Math.floor(clock.now() / 60_000) * 60_000 - 60_000, figuresOf(all));
      await rollUpFigures({ world, signal: new AbortController().signal });
      return await faults(figures);
    }

    it('that they fail, that answers are slow, and that sign-ins are checked slowly', async () => {
      expect(await answered(200, { status: 500 })).toEqual(['error_rate: 10 of 200 requests']);
      expect(await answered(119, { status: 503 })).toEqual(['error_rate: 6 of 119 requests (!)']);
      expect(await answered(61, { durationMs: 5_000, authMs: 400 })).toEqual([
        expect.stringMatching(/^latency: \d{4} ms, 61 requests$/),
        expect.stringMatching(/^sign_in_check_slow: \d{3} ms, 61 checks$/),
      ]);
    });

    it('nothing by a few, such as two at night: nothing opens by them, and nothing is over while they are no better', async () => {
      expect(await answered(2, { status: 500 })).toEqual(['error_rate: 1 of 2 requests (?)']);
      expect(await answered(41, { durationMs: 5_000, authMs: 400 })).toEqual([
        expect.stringMatching(/^latency: .* 41 requests \(\?\)$/),
        expect.stringMatching(/^sign_in_check_slow: .* 41 checks \(\?\)$/),
      ]);
      expect(await answered(2, {})).toEqual([]);
    });

    it('nothing of sign-ins by one of them among many requests', async () => {
      expect(await answered(20, { authMs: 400 }, { authMs: null })).toEqual([
        expect.stringMatching(/^sign_in_check_slow: .* 1 checks \(\?\)$/),
      ]);
      expect(await answered(1_001, { authMs: 400 }, { authMs: null })).toEqual([
        expect.stringMatching(/^sign_in_check_slow: \d+ ms, 51 checks$/),
      ]);
    });

    it('nothing while figures wait and are not added: what was open stays open', async () => {
      expect(await answered(200, { status: 500 })).toEqual(['error_rate: 10 of 200 requests']);
      clock.advance(10 * 60_000);
      expect(await faults(figures)).toEqual([]);
      await writeFigures(clock.now() - 60_000, figuresOf([request()]));
      const late = ['error_rate', 'latency', 'sign_in_check_slow'].map((alert) => `${alert}: figures are late (?)`);
      expect(await faults(figures)).toEqual(late);
    });
  });

  it('that a store has failed its probe', async () => {
    const [store] = process.env['MEDIA_STORES']!.split(',');
    const state = {
      storeId: store,
      canRead: true,
      canWrite: false,
      why: 'unavailable',
      changedAt: ago(0),
      dueAt: new Date(clock.now() + 14_000),
    };
    await put('dependencies/storage', { stores: [state] });
    expect(await faults(storage)).toEqual(['storage_down: the directory takes nothing: unavailable']);
  });

  it('that a job was begun and never ended, though the watch has asked for it again; of a backup it is the worse', async () => {
    expect(await faults(jobs)).toEqual([]);
    const dueAt = new Date(lastDueMs(JOBS.backUpDatabase.cron, 'Asia/Seoul', clock.now() - JOBS.backUpDatabase.graceMs));
    const id = dueAt.toISOString().replace(/[-:]|\.\d+/g, '');
    const run = { job: 'backUpDatabase', scheduledAt: dueAt, state: 'running', claimId: 'clm_1', leaseUntilAt: dueAt, attempts: 1 };
    const path = `jobRuns/backUpDatabase_${id}`;
    await put(path, { ...run, startedAt: dueAt, doneAt: null, result: null, madeUpAt: ago(29 * 60_000), expireAt: dueAt });
    expect(await faults(jobs)).toEqual([]);
    await put(path, { ...run, startedAt: dueAt, doneAt: null, result: null, madeUpAt: ago(30 * 60_000), expireAt: dueAt });
    expect(await faults(jobs)).toEqual([`jobs_missed: backUpDatabase late, ${dueAt.toISOString()} (!)`]);
  });
});

describe('A directory', () => {
  it.each([
    [6, []],
    [4, ['storage_full: 4.0 GiB free']],
    [0.9, ['storage_full: 0.9 GiB free (!)']],
  ])('with %d GiB left', async (gib, expected) => {
    expect(await faults(room(() => Promise.resolve(gib * GIB)))).toEqual(expected);
  });
});

describe('The provider', () => {
  async function control(path: string, body: object, method = 'POST'): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${process.env['TOPMEDIAI_BASE_URL']}/sandbox/${path}`, { method, headers, body: JSON.stringify(body) });
    expect(status).toBeLessThan(300);
  }

  it('runs out of our credit: less than a day may cost, and less than a song does', async () => {
    await control('credits', { credits: 99 });
    expect(await faults(provider)).toEqual(['provider_balance: 99 credits, 100 a day allowed']);
    await control('credits', { credits: 2 });
    expect(await faults(provider)).toEqual(['provider_balance: 2 credits, 100 a day allowed (!)']);
    await control('credits', { credits: 10_000 });
  });

  it('is down when it fails twice, not once, or when orders are held back', async () => {
    await control('faults', { name: 'status500', at: ['keyInfo'], times: 1 });
    expect(await faults(provider)).toEqual([]);
    await control('faults', { name: 'status500', at: ['keyInfo'], times: 2 });
    expect(await faults(provider)).toEqual(['provider_down: unavailable', 'provider_balance: unavailable (?)']);
    await put('dependencies/provider', { isUp: false, why: 'order_fails' });
    expect(await faults(provider)).toEqual(['provider_down: orders held back: order_fails']);
  });
});

describe('A look that fails itself', () => {
  it('says that the thing is broken where that is what it means, with a code and no text of a library', async () => {
    const silent: Check = { ...auth, limitMs: 20, look: () => new Promise(() => undefined) };
    expect(await lookAt([silent, { ...lyrics, look: () => Promise.reject(new Error('mina@sori.example')) }, firestore()], world)).toEqual([
      { alert: 'auth_down', state: 'bad', observed: 'DeadlineExceeded' },
      { alert: 'lyrics_down', state: 'unknown', observed: 'Error' },
      { alert: 'database_down', state: 'good', observed: 'as it should be' },
    ]);
  });
});
