import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeDatabase, database } from '#shared/runtime';
import { removeStrayChecks } from '../../../shared/backups/strayChecks.ts';
import { createManagedDatabase } from '../../../shared/snapshots/managedDatabase.ts';
import { type DatabaseAdmin, DatabaseRefused, DONE } from '../../../shared/snapshots/port.ts';
import { useOwnProject } from '../../support/service.ts';
import { type ExportService, startExportService } from './exportService.ts';

let service: ExportService;
let admin: DatabaseAdmin;
const OPTIONS = { projectId: 'demo-sori', bucket: 'sori-backups', region: 'asia-northeast3' };
const AT = new Date('2026-11-23T19:00:00Z');

beforeAll(async () => {
  useOwnProject();
  service = await startExportService();
  admin = createManagedDatabase({ ...OPTIONS, endpoint: service.endpoint });
});

afterEach(() => service.reset());

afterAll(async () => {
  await service.close();
  await closeDatabase();
});

describe('Firestore’s managed export', () => {
  it('is asked for at a whole minute of the past, by the clock of the database', async () => {
    const instant = await admin.chooseInstant();
    expect(instant.getTime() % 60_000).toBe(0);
    expect(Date.now() - instant.getTime()).toBeLessThan(61_000);
  });

  it('is begun at the snapshot time, and found again by its name in another process, with its numbers', async () => {
    const operation = await admin.startExport('backups/bak_1/export-a', AT, ['songs']);
    expect(service.requests).toEqual([
      {
        method: 'ExportDocuments',
        name: 'projects/demo-sori/databases/(default)',
        outputUriPrefix: 'gs://sori-backups/backups/bak_1/export-a',
        snapshotTime: '2026-11-23T19:00:00.000Z',
      },
    ]);
    expect(await admin.stateOf(operation)).toEqual({ state: 'running' });
    service.finish(operation, { documents: 12_345, bytes: 6_789_000 });
    expect(await admin.stateOf(operation)).toEqual({ state: 'done', documents: 12_345, bytes: 6_789_000 });
  });

  it('that fails says why', async () => {
    const operation = await admin.startExport('backups/bak_1/export-b', AT, []);
    service.fail(operation, 'the bucket is in another location');
    expect(await admin.stateOf(operation)).toEqual({ state: 'failed', detail: '9 the bucket is in another location' });
  });

  it('that is not permitted is a refusal; one that is not answered is not', async () => {
    service.refuse(7, 'The caller does not have permission');
    await expect(admin.startExport('backups/bak_1/export-c', AT, [])).rejects.toThrow(DatabaseRefused);
    service.refuse(14, 'unavailable');
    const error = await admin.startExport('backups/bak_1/export-d', AT, []).catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(DatabaseRefused);
    expect(error).toBeInstanceOf(Error);
  });
});

describe('a database to compare', () => {
  it('is made, filled and removed', async () => {
    const made = await admin.startCreate('check-1');
    const filled = await admin.startImport('backups/bak_1/export-a', 'check-1');
    const removed = await admin.startDelete('check-1');
    expect(service.requests).toEqual([
      {
        ...{ method: 'CreateDatabase', parent: 'projects/demo-sori', databaseId: 'check-1' },
        database: { locationId: 'asia-northeast3', type: 'FIRESTORE_NATIVE', tags: {} },
      },
      {
        method: 'ImportDocuments',
        name: 'projects/demo-sori/databases/check-1',
        inputUriPrefix: 'gs://sori-backups/backups/bak_1/export-a',
      },
      { method: 'DeleteDatabase', name: 'projects/demo-sori/databases/check-1' },
    ]);
    for (const operation of [made, filled, removed]) {
      service.finish(operation, { documents: 3, bytes: 4 });
      expect(await admin.stateOf(operation)).toMatchObject({ state: 'done' });
    }
  });

  it('that is there already was made, and one that has gone already was removed', async () => {
    service.refuse(6, 'already exists');
    expect(await admin.startCreate('check-1')).toBe(DONE);
    service.refuse(5, 'not found');
    expect(await admin.startDelete('check-1')).toBe(DONE);
    expect(await admin.stateOf(DONE)).toEqual({ state: 'done', documents: 0, bytes: 0 });
  });
});

describe('databases to compare that nobody will remove', () => {
  it('are removed, and no other database is', async () => {
    const [inUse, over, gone] = ['bak_00000000000000000001', 'bak_00000000000000000002', 'bak_00000000000000000003'];
    const nameOf = (backupId: string) => `check-${backupId.slice(4)}`;
    service.databases.push('(default)', 'check-mine', 'drill-1', ...[inUse, over, gone].map(nameOf));
    const db = await database();
    await db.doc(`backupWork/${inUse}`).set({ dueAt: new Date() });
    await db.doc(`backupWork/${over}`).set({ dueAt: null });
    expect(await removeStrayChecks(db, admin)).toBe(2);
    const removed = [over, gone].map((id) => ({ method: 'DeleteDatabase', name: `projects/demo-sori/databases/${nameOf(id)}` }));
    expect(service.requests).toEqual(removed);
  });
});

describe('an administration that says nothing', () => {
  it('is not waited for: the next pass asks again', async () => {
    const limited = createManagedDatabase({ ...OPTIONS, endpoint: service.endpoint, callLimitMs: 200 });
    service.hang();
    const asked = [limited.startExport('backups/bak_1/export-e', AT, []), limited.stateOf('operations/1'), limited.listDatabases()];
    const answers = await Promise.allSettled(asked);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const answer of answers) expect((answer as PromiseRejectedResult).reason).not.toBeInstanceOf(DatabaseRefused);
    service.reset();
    await setTimeout(500); // the client asks once more
  });
});
