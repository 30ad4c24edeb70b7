/** What operators see of backups, and begin. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listBackups } from '../../../functions/admin/listBackups.ts';
import { startBackup } from '../../../functions/admin/startBackup.ts';
import { backUpDatabase } from '../../../functions/scheduled/backUpDatabase.ts';
import { verifyBackup } from '../../../functions/scheduled/verifyBackup.ts';
import type { KnownCaller } from '../../support/callers.ts';
import type { House } from '../../support/openHouse.ts';
import { audits, openOffice } from './operators.ts';

let house: House;
let admin: KnownCaller;
let token: string;

beforeAll(async () => {
  ({ house, admin, token } = await openOffice());
});
afterAll(() => house.close());

/** As Cloud Scheduler fires a job that is due at this time. */
async function fire(job: typeof backUpDatabase | typeof verifyBackup, due: string) {
  const scheduler = house.outsiders.find(({ name }) => name === 'scheduler')!;
  const headers = { 'X-CloudScheduler-ScheduleTime': due };
  return house.service.call(job as typeof backUpDatabase, {}, { token: await scheduler.tokenFor(job.name), headers });
}

describe('an operator', () => {
  it('begins a backup, sees it verified by the next jobs, and finds himself in the audit', async () => {
    const started = await house.service.call(startBackup, {}, { token });
    expect(started.status).toBe(202);
    const { backup } = started.body;
    expect(backup).toEqual({
      ...{ backupId: expect.stringMatching(/^bak_/), state: 'started', snapshotAt: null, isWeekly: true },
      ...{ documents: null, accounts: null, bytes: null, verifiedAt: null, restoredAt: null, failure: null },
      comparison: { state: 'waiting', fault: null },
      ...{ createdAt: expect.any(String), updatedAt: backup.createdAt },
    });
    expect((await house.service.call(startBackup, {}, { token })).body.backup.backupId).toBe(backup.backupId);
    expect(await audits()).toMatchObject([
      { actorId: admin.uid, action: 'startBackup', target: backup.backupId, after: { isWeekly: true } },
    ]);

    const verified = await fire(verifyBackup, '2026-11-24T21:00:00Z');
    expect(verified.body).toEqual({ newestVerified: backup.backupId, isSpoiled: false, released: 0, removed: 0 });
    const { items } = (await house.service.call(listBackups, { state: 'verified' }, { token })).body;
    expect(items).toMatchObject([{ backupId: backup.backupId, state: 'verified', failure: null }]);
    expect((await house.service.call(listBackups, { state: 'failed' }, { token })).body.items).toEqual([]);
  });

  it('finds one backup for a night, however often its job was fired', async () => {
    const due = new Date(Date.now() + 1000).toISOString(); // read in whole seconds: the backup of the test before was begun earlier
    const answers = [await fire(backUpDatabase, due), await fire(backUpDatabase, due)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]!.body).toEqual(answers[0]!.body);
    const { items } = (await house.service.call(listBackups, {}, { token })).body;
    expect(items.map(({ backupId, state }) => ({ backupId, state }))[0]).toEqual({
      backupId: answers[0]!.body.backupId,
      state: 'verified',
    });
    expect(items).toHaveLength(2);
  });
});
