/** G10: ninety days of backups are kept, and the newest verified one is never removed. G15: who has deleted his account stays deleted. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FieldValue } from '@google-cloud/firestore';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { tombstoneRef } from '#shared/access';
import {
  type AccountSource,
  type Backup,
  keepBackups,
  listManifests,
  listTombstoneCopies,
  ownAccounts,
  secondTombstoneName,
  startBackup,
  uncopiedForMs,
} from '#shared/backups';
import { closeAccount } from '#shared/erasure';
import { backupStore } from '#shared/media';
import { config, database } from '#shared/runtime';
import { isDeleted, readDeletions } from '../../scripts/restore/deletions.ts';
import {
  type BackupHouse,
  BUCKET,
  fill,
  openBackupHouse,
  readObject,
  tombstoneName,
  writeJson,
  writeObject,
} from '../shared/backups/backupHouse.ts';
import { adminWith } from '../shared/backups/meddling.ts';

let house: BackupHouse;
let people: string[];
const DAY_MS = 24 * 60 * 60_000;

beforeAll(async () => {
  house = await openBackupHouse();
  people = await fill(3, 5);
});

afterEach(() => house.clock.advance(DAY_MS));

afterAll(() => house.close());

async function makeOne(): Promise<Backup> {
  return house.finish(await house.start());
}

async function namesOf(backupId: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of backupStore().list('')) if (name.includes(backupId)) names.push(name);
  return names;
}

/** Of its objects: how many are on hold, and how many are not. */
async function holdsOf({ backupId }: Backup): Promise<{ held: number; free: number }> {
  const holds = [...(await house.holdsOf(backupId)).values()];
  return { held: holds.filter((isHeld) => isHeld).length, free: holds.filter((isHeld) => !isHeld).length };
}

/** As an intruder with every right might. */
async function removeOf({ backupId }: Backup, end: string): Promise<{ name: string; bytes: Buffer }> {
  const name = (await namesOf(backupId)).findLast((found) => found.endsWith(end))!;
  const bytes = await readObject(name);
  await backupStore().hold!(name, false);
  await backupStore().delete(name);
  return { name, bytes };
}

async function isMarked({ backupId }: Backup): Promise<boolean> {
  return (await listManifests()).some((known) => known.backupId === backupId && known.isVerified);
}

/** As with a hundred thousand accounts, only smaller. */
function onePersonAPage(): AccountSource {
  const real = ownAccounts();
  return {
    ...real,
    async readPage(token) {
      const { users } = await real.readPage(null);
      const at = Number(token ?? 0);
      return { users: users.slice(at, at + 1), next: at + 1 < users.length ? String(at + 1) : null };
    },
  };
}

describe('G10: the newest verified backup', () => {
  it('is on hold with everything that belongs to it, and is let go when another has been verified', async () => {
    const first = await makeOne();
    await keepBackups(house.world);
    expect(await holdsOf(first)).toEqual({ held: expect.any(Number), free: 0 });
    expect([...(await house.holdsOf(first.backupId)).keys()].filter((name) => name.includes('/digests')).length).toBeGreaterThan(1);
    house.clock.advance(DAY_MS);
    const second = await makeOne();
    expect([await holdsOf(first), await holdsOf(second)]).toMatchObject([{ free: 0 }, { free: 0 }]);
    expect(await keepBackups(house.world)).toMatchObject({ newest: { backupId: second.backupId }, released: 1, removed: 0 });
    expect([await holdsOf(first), await holdsOf(second)]).toMatchObject([{ held: 0 }, { free: 0 }]);
  });

  it('stays when it is the only one and a hundred days old, and a failed one after it does not take its place', async () => {
    const kept = await makeOne();
    house.clock.advance(100 * DAY_MS);
    const failed = await house.finish(await house.start(), { admin: adminWith({ documentsLost: 1 }) });
    expect(failed.state).toBe('failed');
    const { newest, removed } = await keepBackups(house.world);
    expect(newest?.backupId).toBe(kept.backupId);
    expect(removed).toBeGreaterThan(0); // those of before
    expect((await namesOf(kept.backupId)).length).toBeGreaterThan(3);
    expect(await house.read(kept.backupId)).toMatchObject({ state: 'verified' });
  });

  it('stays on hold when another is verified between two looks, whichever of the two is met', async () => {
    const older = await makeOne();
    house.clock.advance(DAY_MS);
    const newer = await makeOne();
    const db = await database();
    await db.doc(`backups/${newer.backupId}`).update({ state: 'verifying' }); // the next moment it is verified: it is held already
    await keepBackups(house.world);
    expect([await holdsOf(older), await holdsOf(newer)]).toMatchObject([{ free: 0 }, { free: 0 }]);
    await db.doc(`backups/${newer.backupId}`).update({ state: 'verified' });
    await keepBackups(house.world);
    expect([await holdsOf(older), await holdsOf(newer)]).toMatchObject([{ held: 0 }, { free: 0 }]);
  });

  it('counts as failed when its objects are no longer whole; the one before is the newest again, and on hold', async () => {
    const before = await makeOne();
    house.clock.advance(DAY_MS);
    const spoiled = await makeOne();
    await keepBackups(house.world); // the one before is let go
    await removeOf(spoiled, '.sealed');
    expect(await keepBackups(house.world)).toMatchObject({ isSpoiled: true, newest: { backupId: before.backupId } });
    expect(await house.read(spoiled.backupId)).toMatchObject({ state: 'failed', failure: { code: 'objects_missing' } });
    expect(await holdsOf(before)).toMatchObject({ free: 0 });
    expect(await isMarked(spoiled)).toBe(true);
    await house.pass();
    expect([await isMarked(spoiled), await isMarked(before)]).toEqual([false, true]); // a restore goes by the bucket
    const running = await startBackup({ world: house.world });
    expect({ isNew: running.isNew, isSpoiled: running.backup.backupId === spoiled.backupId }).toEqual({ isNew: false, isSpoiled: false });
    await house.finish(running.backup.backupId);
  });

  it('counts as failed without its manifest, and with a page of accounts that cannot be opened, be it the last', async () => {
    const accounts = onePersonAPage();
    const one = await house.finish(await house.start(), { accounts });
    const { name, bytes } = await removeOf(one, '.sealed');
    await writeObject(name, randomBytes(bytes.length));
    house.clock.advance(DAY_MS);
    const other = await makeOne();
    await removeOf(other, `${other.backupId}.json`);
    await keepBackups(house.world);
    expect(await house.read(other.backupId)).toMatchObject({ state: 'failed', failure: { code: 'objects_missing' } });
    expect(await house.read(one.backupId)).toMatchObject({ state: 'failed', failure: { code: 'accounts_unreadable' } });
    const running = await startBackup({ world: house.world });
    await house.finish(running.backup.backupId);
  });
});

describe('G10: backups older than ninety days', () => {
  it('are removed from the bucket and from the list, also those whose holds nobody remembers, and younger ones stay', async () => {
    const old = await makeOne();
    house.clock.advance(80 * DAY_MS);
    const younger = await makeOne();
    const forgotten = await makeOne();
    await (await database()).doc(`backups/${forgotten.backupId}`).delete(); // as after a restore
    await (await database()).doc(`backupWork/${forgotten.backupId}`).delete();
    await keepBackups(house.world);
    expect(await namesOf(old.backupId)).not.toEqual([]);
    house.clock.advance(11 * DAY_MS);
    for (const name of await namesOf(old.backupId)) await backupStore().hold!(name, true); // by somebody who died before he noted it
    await keepBackups(house.world);
    expect(await namesOf(old.backupId)).toEqual([]);
    expect(await house.read(old.backupId)).toEqual({});
    expect(await house.read(younger.backupId)).toMatchObject({ state: 'verified' });
    house.clock.advance(85 * DAY_MS);
    await makeOne();
    await keepBackups(house.world);
    expect(await namesOf(forgotten.backupId)).toEqual([]);
  });
});

/** A backup's instant has whole seconds: what was copied in the same one is kept with it. */
function nextSecond(): Promise<void> {
  return sleep(1_000 - (Date.now() % 1_000));
}

describe('G15: the tombstone of a deleted account', () => {
  it('is copied to the backup bucket within the next pass, once, and names nobody', async () => {
    const uid = people[0]!;
    await closeAccount(uid, house.world);
    await house.pass();
    await house.pass();
    const copies = await listTombstoneCopies();
    const { id: tombstoneId } = tombstoneRef(await database(), uid);
    expect(copies).toMatchObject([{ tombstoneId, secondName: secondTombstoneName(uid) }]);
    expect(secondTombstoneName(uid)).not.toBe(tombstoneId);
    await (await database()).doc(`erasures/${copies[0]!.erasureId}`).update({ uid: FieldValue.delete() }); // erased meanwhile
    await house.pass();
    expect(await listTombstoneCopies()).toEqual(copies);
    expect(JSON.stringify(copies)).not.toContain(uid);
  });

  it('is copied though another stands under its name or is damaged, and no other has to wait for it', async () => {
    const db = await database();
    const [first, second] = [tombstoneRef(db, people[1]!), tombstoneRef(db, people[2]!)];
    const earlier = { tombstoneId: first.id, erasureId: 'tmb_earlier', deletedAt: new Date(0).toISOString() };
    await writeJson(tombstoneName(first.id), earlier);
    await writeObject(tombstoneName('damaged'), Buffer.from('{"'));
    await closeAccount(people[1]!, house.world);
    house.clock.advance(1_000);
    await closeAccount(people[2]!, house.world);
    await house.pass();
    const ids = (await listTombstoneCopies()).map(({ tombstoneId }) => tombstoneId);
    expect(ids.filter((id) => id === first.id)).toHaveLength(2);
    expect(ids).toEqual(expect.arrayContaining([second.id, 'damaged']));
    expect(await uncopiedForMs(house.world)).toBeLessThan(60_000);
    house.clock.advance(11 * 60_000);
    await house.pass();
    expect(await uncopiedForMs(house.world)).toBe(0);
  });

  it('tells a restore whom it stands for, also after JWT_SECRET was changed', async () => {
    const [gone, there] = await fill(2, 0);
    await closeAccount(gone!, house.world);
    await house.pass();
    const db = await database();
    const { JWT_SECRET } = config();
    Object.assign(config(), { JWT_SECRET: 'x'.repeat(64) });
    const deletions = await readDeletions(undefined);
    expect([gone, there].map((uid) => isDeleted(db, uid!, deletions))).toEqual([true, false]);
    Object.assign(config(), { JWT_SECRET });
  });

  it('that cannot be copied is known to wait', async () => {
    const [uid] = await fill(1, 0);
    await house.pass();
    await house.gcs.setMembers(BUCKET, { [house.keyEmail]: 'objectViewer' });
    await closeAccount(uid!, house.world);
    await house.pass();
    house.clock.advance(11 * 60_000);
    await house.pass();
    expect(await uncopiedForMs(house.world)).toBe(11 * 60_000);
    await house.gcs.setMembers(BUCKET, undefined);
    await house.pass();
    expect(await uncopiedForMs(house.world)).toBe(0);
  });

  it('keeps its copy as long as a backup stands that has the account, and no longer', async () => {
    const copies = async () => (await listTombstoneCopies()).map(({ tombstoneId }) => tombstoneId);
    await nextSecond();
    await makeOne();
    const [uid] = await fill(1, 0);
    await closeAccount(uid!, house.world);
    await house.pass();
    house.clock.advance(6 * 60_000);
    await house.pass(); // nothing of it is looked through again
    const { id } = tombstoneRef(await database(), uid!);
    house.clock.advance(400 * DAY_MS);
    await keepBackups(house.world); // the newest verified one is held, and has the account
    expect(await copies()).toContain(id);
    const { id: longBefore } = tombstoneRef(await database(), people[0]!);
    expect(await copies()).not.toContain(longBefore); // no backup is left that has that one
    await nextSecond();
    await makeOne();
    house.clock.advance(100 * DAY_MS);
    await keepBackups(house.world);
    expect(await copies()).toEqual([]);
  });
});
