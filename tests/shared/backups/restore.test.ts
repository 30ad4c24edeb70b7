/** `npm run restore`, as an operator meets it. G10: what was backed up comes back equal. G15: who was deleted since does not. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authAdmin } from '#shared/access';
import { type Backup, ownDatabaseAdmin } from '#shared/backups';
import { closeAccount } from '#shared/erasure';
import { SWEEP_BOUNDS, sweepStorage } from '#shared/operations';
import { database, log, systemWorld } from '#shared/runtime';
import { readCommandLine } from '../../../scripts/restore/commandLine.ts';
import { run } from '../../../scripts/restore/run.ts';
import { emulators } from '../../support/emulators.ts';
import { type BackupHouse, fill, openBackupHouse } from './backupHouse.ts';

let house: BackupHouse;
let backup: Backup;
let people: string[];
let said: string[];

beforeAll(async () => {
  house = await openBackupHouse();
  people = await fill(3, 350);
  backup = await house.finish(await house.start());
  await closeAccount(people[0]!, house.world);
  await house.pass(); // its tombstone reaches the bucket
  expect(backup).toMatchObject({ state: 'verified', isWeekly: true });
});

beforeEach(() => {
  said = [];
});

afterAll(() => house.close());

function restore(...args: string[]) {
  return run(readCommandLine(args), { say: (text) => said.push(text), progress: () => undefined });
}

async function destroy(): Promise<void> {
  const headers = { authorization: 'Bearer owner' };
  const { firestoreHost, authHost } = emulators();
  const project = process.env['GOOGLE_CLOUD_PROJECT']!;
  await fetch(`http://${firestoreHost}/emulator/v1/projects/${project}/databases/(default)/documents`, { method: 'DELETE', headers });
  await fetch(`http://${authHost}/emulator/v1/projects/${project}/accounts`, { method: 'DELETE', headers });
}

async function passwordOf(uid: string): Promise<string | undefined> {
  return (await authAdmin((auth) => auth.getUser(uid)).catch(() => undefined))?.passwordHash;
}

describe('a restore', () => {
  it('says what it would do, and with --dry-run does nothing', async () => {
    const { isSound, lines } = await restore('--from', 'latest', '--to', 'elsewhere', '--dry-run');
    expect({ isSound, lines }).toEqual({ isSound: true, lines: ['Nothing was changed (--dry-run) · 변경된 것이 없습니다'] });
    expect(said.join('\n')).toContain(`Backup ${backup.backupId} of`);
    expect(said.join('\n')).toContain(`verified: ${backup.documents} documents, 3 accounts`);
    const db = await (await ownDatabaseAdmin()).open('elsewhere');
    expect(await db.listCollections()).toEqual([]);
    await db.terminate();
  });

  it('refuses a database that has documents', async () => {
    const before = (await (await database()).collection('songs').count().get()).data().count;
    const { isSound, lines } = await restore('--from', 'latest', '--to', '(default)');
    expect({ isSound, lines }).toEqual({ isSound: false, lines: [expect.stringContaining('(default) is not empty')] });
    expect((await (await database()).collection('songs').count().get()).data().count).toBe(before);
  });

  it('brings every document into another database, and closes the account that was deleted since', async () => {
    const { isSound, lines } = await restore('--from', backup.snapshotAt!.slice(0, 10), '--to', 'elsewhere');
    expect({ isSound, first: lines[0] }).toEqual({ isSound: true, first: expect.stringMatching(/^Equal .* each compared$/) });
    const db = await (await ownDatabaseAdmin()).open('elsewhere');
    expect((await db.doc(`users/${people[0]}`).get()).exists).toBe(false);
    expect((await db.doc(`userPrivate/${people[0]}`).get()).get('disabled')).toBe(true);
    expect((await db.collection('erasures').where('uid', '==', people[0]).get()).size).toBe(1);
    expect((await db.doc(`users/${people[1]}`).get()).exists).toBe(true);
    await db.terminate();
  });

  it('of a lost database brings documents and accounts back, but for the one that was deleted since, and holds sweeps', async () => {
    const hashes = await Promise.all(people.map(passwordOf));
    await destroy();
    expect(await passwordOf(people[1]!)).toBeUndefined();
    const { isSound, lines } = await restore('--from', 'latest', '--to', '(default)');
    expect({ isSound, lines: lines.slice(0, 3) }).toEqual({
      isSound: true,
      lines: [
        expect.stringMatching(/^Equal/),
        'Accounts: 2 brought back, 0 were there and stay as they are, 1 not, for they were deleted since',
        expect.stringMatching(/^1 accounts that were deleted since are closed, and erased by watchService; 0 songs/),
      ],
    });
    expect(await Promise.all(people.map(passwordOf))).toEqual([undefined, hashes[1], hashes[2]]);
    const db = await database();
    expect((await db.collection('songs').count().get()).data().count).toBe(350);
    expect((await db.doc(`users/${people[0]}`).get()).exists).toBe(false);
    expect((await db.doc('settings/sweeps').get()).exists).toBe(true);
  });

  it('into a database that has other documents, by --force, says which are not equal', async () => {
    await destroy();
    await (await database()).doc('songs/stranger').set({ title: 'of nobody' });
    const { isSound, lines } = await restore('--from', 'latest', '--to', '(default)', '--force');
    expect({ isSound, first: lines[0] }).toEqual({
      isSound: false,
      first: expect.stringMatching(/^NOT equal .*\n {2}songs: 350 expected, 351 found/),
    });
  });

  it('of a day without a backup says what there is', async () => {
    await expect(restore('--from', '2020-01-01', '--to', 'elsewhere')).rejects.toThrow(/There is no backup of "2020-01-01".*\n.*verified/);
  });
});

describe('after a restore', () => {
  it('no sweep removes an object until an operator releases it or the days have passed', async () => {
    const sweep = (later = 0) => {
      const now = () => Date.now() + later;
      const world = { ...systemWorld, clock: { ...systemWorld.clock, now } };
      return sweepStorage({ world, signal: new AbortController().signal, bounds: SWEEP_BOUNDS });
    };
    const warn = jest.spyOn(log, 'warn');
    await sweep();
    expect(warn).toHaveBeenCalledWith('sweep_held', expect.anything());
    warn.mockClear();
    await sweep(8 * 24 * 60 * 60_000);
    expect(warn).not.toHaveBeenCalledWith('sweep_held', expect.anything());
    expect(await restore('release')).toMatchObject({ isSound: true });
    await sweep();
    expect(warn).not.toHaveBeenCalledWith('sweep_held', expect.anything());
  });
});
