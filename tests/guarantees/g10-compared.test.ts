/** G10: one backup a week is brought back and compared, however long that takes and whatever is in the way, beside those of the next days. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backup } from '#shared/backups';
import { database } from '#shared/runtime';
import { BACKUP_BOUNDS, type BackupHouse, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
import { adminWith, type MeddledAdmin } from '../shared/backups/meddling.ts';
import { countDocuments } from '../support/countDocuments.ts';

let house: BackupHouse;
const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
/** As with a hundred million documents, only smaller. */
const ONE_PAGE = { ...BACKUP_BOUNDS, pages: 1 };

beforeAll(async () => {
  house = await openBackupHouse();
  await fill(3, 310);
});

afterEach(() => house.clock.advance(8 * DAY_MS)); // the next one is weekly again

afterAll(() => house.close());

/** Verified, and not yet compared. */
async function startComparison(admin: MeddledAdmin): Promise<string> {
  const backupId = await house.start();
  while (!['verified', 'failed'].includes((await house.read(backupId)).state)) await passAtOnce(admin);
  expect(await house.read(backupId)).toMatchObject({ state: 'verified', comparison: { state: 'running', fault: null }, restoredAt: null });
  return backupId;
}

async function passAtOnce(admin: MeddledAdmin): Promise<void> {
  await house.pass({ admin });
  house.clock.advance(BACKUP_BOUNDS.againMs);
}

async function isLeft(admin: MeddledAdmin, backupId: string): Promise<boolean> {
  const check = await admin.open(`check-${backupId.slice(4)}`);
  const collections = await check.listCollections();
  await check.terminate();
  return collections.length > 0;
}

const stateOf = async (backupId: string) => (await house.read(backupId)).comparison?.state;

describe('G10: a comparison', () => {
  it('goes on a page at a time, over days, while the backups of those days are verified', async () => {
    const admin = adminWith({});
    const backupId = await startComparison(admin);
    let asked = 0;
    for (let passes = 0; passes < 4; passes += 1) {
      asked = Math.max(asked, (await countDocuments(() => house.pass({ admin, bounds: ONE_PAGE }))).reads);
      house.clock.advance(MINUTE_MS);
    }
    expect(asked).toBeLessThan(330); // 300 documents, and what it is told
    expect(await stateOf(backupId)).toBe('running');
    house.clock.advance(DAY_MS);
    const next = await house.finish(await house.start(), { admin, bounds: ONE_PAGE });
    expect(next).toMatchObject({ state: 'verified', isWeekly: false, comparison: null });
    expect(await stateOf(backupId)).toBe('running');
    const whole = await house.finish(backupId, { admin, bounds: ONE_PAGE });
    expect(whole).toMatchObject({ state: 'verified', comparison: { state: 'equal', fault: null }, restoredAt: expect.any(String) });
    expect(await isLeft(admin, backupId)).toBe(false);
  }, 90_000);

  it('is made by any number of passes at once, and each of its steps by one', async () => {
    const admin = adminWith({});
    const backupId = await startComparison(admin);
    for (let passes = 0; (await stateOf(backupId)) === 'running' && passes < 40; passes += 1) {
      await Promise.all([house.pass({ admin }), house.pass({ admin })]);
      house.clock.advance(MINUTE_MS);
    }
    expect(await stateOf(backupId)).toBe('equal');
    expect(admin.calls).toEqual(['export', 'import', 'delete']);
  }, 90_000);

  it('waits for its database, which refuses what is brought into it as long as it is being made', async () => {
    const admin = adminWith({ importsRefused: 5 });
    const backupId = await startComparison(admin);
    expect(await house.finish(backupId, { admin })).toMatchObject({ comparison: { state: 'equal' } });
    expect(await isLeft(admin, backupId)).toBe(false);
  }, 90_000);

  it('that is refused for good is given up: the backup stays, nothing is left over, and the next one is compared', async () => {
    const admin = adminWith({ importsRefused: 100 });
    const backupId = await startComparison(admin);
    const fault = { code: 'database_refused', detail: 'no such database' };
    const kept = { state: 'verified', failure: null, restoredAt: null };
    expect(await house.finish(backupId, { admin })).toMatchObject({ ...kept, comparison: { state: 'given_up', fault } });
    expect(admin.calls.slice(-1)).toEqual(['delete']);
    house.clock.advance(DAY_MS);
    expect(await house.finish(await house.start())).toMatchObject({ isWeekly: true, comparison: { state: 'equal' } });
  }, 90_000);

  it('that takes longer than the database remembers is given up, and says so', async () => {
    const backupId = await startComparison(adminWith({}));
    // What the emulator refuses for being ahead, Firestore refuses for being past.
    await (await database()).doc(`backups/${backupId}`).update({ snapshotAt: new Date(Date.now() + DAY_MS) });
    const { state, comparison } = await house.finish(backupId);
    expect({ state, comparison }).toMatchObject({ state: 'verified', comparison: { state: 'given_up', fault: { code: 'instant_lost' } } });
  });

  it('that finds other documents at the instant than were counted is no comparison', async () => {
    const backupId = await startComparison(adminWith({}));
    await (await database()).doc(`backups/${backupId}`).update({ snapshotAt: new Date(Date.now() - DAY_MS) });
    const failure = { code: 'counts_differ', detail: expect.stringMatching(/^0 of \d+ documents could be read as they were then$/) };
    expect(await house.finish(backupId)).toMatchObject({ state: 'failed', failure, comparison: { state: 'different' } });
  });

  it('that hangs is given up after six days', async () => {
    const admin = adminWith({});
    const backupId = await startComparison(admin);
    const hanging: MeddledAdmin = { ...admin, stateOf: () => Promise.resolve({ state: 'running' }) };
    for (const ms of [0, 3 * DAY_MS, 3 * DAY_MS]) {
      house.clock.advance(ms);
      await house.pass({ admin: hanging });
    }
    const found: Backup = await house.read(backupId);
    expect(found).toMatchObject({ state: 'verified', comparison: { state: 'given_up', fault: { code: 'too_late' } } });
    expect((await house.finish(await house.start(), { admin })).state).toBe('verified');
    expect(await isLeft(admin, backupId)).toBe(false);
  }, 90_000);
});
