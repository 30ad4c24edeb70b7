/** G10: each daily backup is complete, and equal to the database at one instant; one a week is brought back and compared. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { backupStore } from '#shared/media';
import { database } from '#shared/runtime';
import { BACKUP_BOUNDS, type BackupHouse, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
import { adminWith, type Meddling } from '../shared/backups/meddling.ts';

let house: BackupHouse;

beforeAll(async () => {
  house = await openBackupHouse();
  await fill();
});

afterEach(() => house.clock.advance(24 * 60 * 60_000));

afterAll(() => house.close());

const FULL = { state: 'verified', isWeekly: true, accounts: 3, failure: null };

async function outcomeWith(meddling: Meddling) {
  const admin = adminWith(meddling);
  const backup = await house.finish(await house.start(), { admin });
  const left = await (await admin.open(`check-${backup.backupId.slice(4)}`)).listCollections();
  return { ...backup, left: left.length };
}

describe('G10: a weekly backup', () => {
  it('fails when one document comes back changed, and nothing is left of what was brought back', async () => {
    const afterImport: Meddling['afterImport'] = async (db) => void (await db.doc('songs/song0007').update({ title: 'another' }));
    expect(await outcomeWith({ afterImport })).toMatchObject({
      ...{ state: 'failed', left: 0 },
      failure: { code: 'documents_differ', detail: '1 documents came back changed, in songs' },
    });
  });

  it('fails when a document does not come back', async () => {
    const afterImport: Meddling['afterImport'] = async (db) => void (await db.doc('songs/song0007').delete());
    expect(await outcomeWith({ afterImport })).toMatchObject({ state: 'failed', left: 0, failure: { code: 'counts_differ' } });
  });

  it('fails when a document takes the place of another', async () => {
    const afterImport: Meddling['afterImport'] = async (db) => {
      await db.doc('songs/song0007').delete();
      await db.doc('songs/zzz').set({ title: 'nobody’s' });
    };
    expect(await outcomeWith({ afterImport })).toMatchObject({ state: 'failed', left: 0, failure: { code: 'documents_differ' } });
  });

  it('is exported, brought back into an empty database, and found equal', async () => {
    const backup = await outcomeWith({});
    expect(backup).toMatchObject({ ...FULL, left: 0, restoredAt: expect.any(String), verifiedAt: expect.any(String) });
  });
});

describe('G10: a daily backup', () => {
  it('holds every document of its instant, whatever is written while it is made', async () => {
    const db = await database();
    const backupId = await house.start();
    let isOver = false;
    const writing = (async () => {
      for (let at = 0; !isOver; at += 1) await db.doc(`songs/late${at}`).set({ at });
      return db.collection('songs').count().get();
    })();
    const backup = await house.finish(backupId);
    isOver = true;
    await writing;
    expect(backup).toMatchObject({ state: 'verified', isWeekly: false, restoredAt: null });
  });

  it('fails when the export has fewer documents than the database had', async () => {
    expect(await outcomeWith({ documentsLost: 1 })).toMatchObject({
      ...{ state: 'failed', isWeekly: false },
      failure: { code: 'counts_differ', detail: expect.stringMatching(/^the database had \d+ documents at .*, the export has \d+$/) },
    });
  });

  it('fails when an object of it has gone from the bucket before it was verified', async () => {
    const backupId = await house.start();
    const work = async () => (await (await database()).doc(`backupWork/${backupId}`).get()).data();
    const stopAtExported = { bounds: { ...BACKUP_BOUNDS, passMs: 0 } }; // a step is always begun; then its time is up
    for (let passes = 0; (await house.read(backupId)).state !== 'exported' && passes < 20; passes += 1) {
      await house.pass(stopAtExported);
      house.clock.advance(BACKUP_BOUNDS.againMs + 1_000);
    }
    await backupStore().delete(`${String((await work())?.['exportPlace'])}/firestore/firestore.overall_export_metadata`);
    expect(await house.finish(backupId)).toMatchObject({ state: 'failed', failure: { code: 'objects_missing' } });
  });
});
