/** G10: ninety days of backups are kept, and the newest verified one is never removed. G15: who has deleted his account stays deleted. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { tombstoneRef } from '#shared/access';
import { type Backup, keepBackups, listTombstoneCopies } from '#shared/backups';
import { closeAccount } from '#shared/erasure';
import { backupStore } from '#shared/media';
import { database } from '#shared/runtime';
import { type BackupHouse, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
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

async function isRemovable(backupId: string): Promise<boolean> {
  const [name] = (await namesOf(backupId)).filter((found) => found.endsWith('.verified.json'));
  try {
    await backupStore().delete(name!);
    return true;
  } catch {
    return false;
  }
}

describe('G10: the newest verified backup', () => {
  it('is held in the bucket, and let go when another has been verified', async () => {
    const first = await makeOne();
    expect(await isRemovable(first.backupId)).toBe(false);
    house.clock.advance(DAY_MS);
    const second = await makeOne();
    expect(await keepBackups(house.world)).toMatchObject({ newest: { backupId: second.backupId }, released: 1, removed: 0 });
    expect(await isRemovable(second.backupId)).toBe(false);
    expect(await isRemovable(first.backupId)).toBe(true);
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

  it('counts as failed when its objects are no longer whole, and the one before is the newest again', async () => {
    const before = await makeOne();
    house.clock.advance(DAY_MS);
    const spoiled = await makeOne();
    const sealed = (await namesOf(spoiled.backupId)).find((name) => name.endsWith('.sealed'))!;
    await backupStore().hold!(sealed, false);
    await backupStore().delete(sealed);
    expect(await keepBackups(house.world)).toMatchObject({ isSpoiled: true, newest: { backupId: before.backupId } });
    expect(await house.read(spoiled.backupId)).toMatchObject({ state: 'failed', failure: { code: 'objects_missing' } });
  });
});

describe('G10: backups older than ninety days', () => {
  it('are removed from the bucket and from the list, and younger ones stay', async () => {
    const old = await makeOne();
    house.clock.advance(80 * DAY_MS);
    const younger = await makeOne();
    await keepBackups(house.world);
    expect(await namesOf(old.backupId)).not.toEqual([]);
    house.clock.advance(11 * DAY_MS);
    await keepBackups(house.world);
    expect(await namesOf(old.backupId)).toEqual([]);
    expect(await house.read(old.backupId)).toEqual({});
    expect(await house.read(younger.backupId)).toMatchObject({ state: 'verified' });
  });
});

describe('G15: the tombstone of a deleted account', () => {
  it('is copied to the backup bucket within the next pass, once, and names nobody', async () => {
    const uid = people[0]!;
    await closeAccount(uid, house.world);
    await house.pass();
    await house.pass();
    const copies = await listTombstoneCopies();
    expect(copies.map(({ tombstoneId }) => tombstoneId)).toEqual([tombstoneRef(await database(), uid).id]);
    expect(JSON.stringify(copies)).not.toContain(uid);
  });
});
