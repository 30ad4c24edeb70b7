/** G10: what goes wrong on the way is tried again or told, and never ends in a backup that is none. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccountSource, ownAccounts, startBackup } from '#shared/backups';
import { database } from '#shared/runtime';
import { type BackupHouse, BUCKET, DatabaseRefused, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
import { adminWith } from '../shared/backups/meddling.ts';

let house: BackupHouse;
const HOUR_MS = 60 * 60_000;

beforeAll(async () => {
  house = await openBackupHouse();
  await fill();
});

afterEach(() => house.clock.advance(24 * HOUR_MS));

afterAll(() => house.close());

describe('G10: a backup that', () => {
  it('hangs has failed three hours after it began', async () => {
    const backupId = await house.start();
    const admin = adminWith({ state: { state: 'running' } });
    await house.pass({ admin });
    house.clock.advance(3 * HOUR_MS - 60_000);
    await house.pass({ admin });
    expect((await house.read(backupId)).state).toBe('exporting');
    house.clock.advance(60_000);
    await house.pass({ admin });
    expect(await house.read(backupId)).toMatchObject({
      ...{ state: 'failed', verifiedAt: null },
      failure: { code: 'too_late', detail: 'still exporting at the deadline' },
    });
  });

  it('Firestore refuses has failed after three tries, and one that it cannot take now is tried again', async () => {
    const refused = adminWith({ refusal: new DatabaseRefused('permission denied') });
    expect(await house.finish(await house.start(), { admin: refused })).toMatchObject({
      ...{ state: 'failed' },
      failure: { code: 'database_refused', detail: 'permission denied' },
    });
    expect(refused.calls).toEqual(['export', 'export', 'export']);
    const backupId = await house.start();
    await house.pass({ admin: adminWith({ refusal: new Error('unavailable') }) });
    house.clock.advance(60_000);
    expect(await house.finish(backupId)).toMatchObject({ state: 'verified' });
  });

  it('may not write to its bucket has failed, and says so; the next one works once it may', async () => {
    await house.gcs.setMembers(BUCKET, { [house.keyEmail]: 'objectViewer' });
    expect(await house.finish(await house.start())).toMatchObject({ state: 'failed', failure: { code: 'bucket_refused' } });
    await house.gcs.setMembers(BUCKET, undefined);
    expect(await house.finish(await house.start())).toMatchObject({ state: 'verified' });
  });

  it('finds its bucket gone goes on when it is back within the three hours', async () => {
    const backupId = await house.start();
    await house.gcs.deleteBucket(BUCKET);
    for (let passes = 0; passes < 5; passes += 1) {
      await house.pass();
      house.clock.advance(60_000);
    }
    expect((await house.read(backupId)).state).not.toBe('failed');
    await house.gcs.restoreBucket(BUCKET);
    expect(await house.finish(backupId)).toMatchObject({ state: 'verified' });
  }, 30_000);

  it('gets accounts without their password hashes has failed', async () => {
    const real = ownAccounts();
    const accounts: AccountSource = {
      ...real,
      async *pages() {
        for await (const page of real.pages()) yield page.map((account) => ({ ...account, passwordHash: 'UkVEQUNURUQ=' }));
      },
    };
    expect(await house.finish(await house.start(), { accounts })).toMatchObject({
      ...{ state: 'failed', accounts: null },
      failure: { code: 'accounts_redacted', detail: '3 accounts came without their password hash' },
    });
  });
});

describe('G10: backups', () => {
  it('are made one at a time, however many ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => startBackup({ world: house.world })));
    expect(new Set(asked.map(({ backup }) => backup.backupId)).size).toBe(1);
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    await house.finish(asked[0]!.backup.backupId);
  });

  it('are moved on by any number of passes at once, and each step is done by one', async () => {
    const backupId = await house.start();
    const admin = adminWith({});
    await Promise.all(Array.from({ length: 4 }, () => house.pass({ admin })));
    expect(await house.finish(backupId, { admin })).toMatchObject({ state: 'verified' });
    expect(admin.calls.filter((call) => call === 'export')).toEqual(['export']);
    expect((await (await database()).collection('backupWork').where('isRunning', '==', true).get()).size).toBe(0);
  });
});
