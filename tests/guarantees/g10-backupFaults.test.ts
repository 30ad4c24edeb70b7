/** G10: what goes wrong on the way is tried again or told, and never ends in a backup that is none. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccountSource, ownAccounts, startBackup } from '#shared/backups';
import { database } from '#shared/runtime';
import { BACKUP_BOUNDS, type BackupHouse, BUCKET, DatabaseRefused, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
import { adminWith, type MeddledAdmin } from '../shared/backups/meddling.ts';

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
      async readPage(token) {
        const { users, next } = await real.readPage(token);
        return { users: users.map((account) => ({ ...account, passwordHash: 'UkVEQUNURUQ=' })), next };
      },
    };
    expect(await house.finish(await house.start(), { accounts })).toMatchObject({
      ...{ state: 'failed', accounts: null },
      failure: { code: 'accounts_redacted', detail: '3 accounts came without their password hash' },
    });
  });
});

describe('G10: a day whose backup has failed', () => {
  const refused = () => adminWith({ refusal: new DatabaseRefused('permission denied') });
  const exportsIn = async (minutes: number, admin: MeddledAdmin) => {
    const before = admin.calls.length;
    for (let at = 0; at < minutes; at += 2) {
      house.clock.advance(2 * 60_000);
      await house.pass({ admin });
    }
    return admin.calls.slice(before).filter((call) => call === 'export').length;
  };

  it('has another after ten minutes, a third after thirty more, and no fourth', async () => {
    const admin = refused();
    await house.finish(await house.start(), { admin });
    expect(await exportsIn(8, admin)).toBe(0);
    expect(await exportsIn(8, admin)).toBe(3); // the tries of a refusal
    expect(await exportsIn(20, admin)).toBe(0);
    expect(await exportsIn(20, admin)).toBe(3);
    expect(await exportsIn(60, admin)).toBe(0);
  }, 30_000);

  it('has none more once another was begun by hand, and the second is as good as the first', async () => {
    const admin = refused();
    const first = await house.finish(await house.start(), { admin });
    const byHand = await house.finish(await house.start());
    expect(byHand).toMatchObject({ state: 'verified' });
    house.clock.advance(11 * 60_000);
    await Promise.all([house.pass(), house.pass()]);
    const { docs } = await (await database()).collection('backups').where('createdAt', '>', new Date(first.createdAt)).get();
    expect(docs.map(({ id }) => id)).toEqual([byHand.backupId]);
  });
});

describe('G10: accounts', () => {
  it('are asked for page by page, once each, though each pass has time for one page only', async () => {
    const real = ownAccounts();
    const asked: (string | null)[] = [];
    const accounts: AccountSource = {
      ...real,
      async readPage(token) {
        asked.push(token);
        const { users } = await real.readPage(null);
        const at = Number(token ?? 0);
        return { users: users.slice(at, at + 1), next: at + 1 < users.length ? String(at + 1) : null };
      },
    };
    const bounds = { ...BACKUP_BOUNDS, pages: 1 };
    expect(await house.finish(await house.start(), { accounts, bounds })).toMatchObject({ state: 'verified', accounts: 3 });
    expect(asked).toEqual([null, '1', '2']);
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
