/** `npm run restore` in the hands of somebody in a hurry: what it does not write, in what order it writes, and that it goes on where it died. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authAdmin } from '#shared/access';
import { type Backup, type DatabaseAdmin, listManifests, Manifest, ownDatabaseAdmin, readJson, writeJson } from '#shared/backups';
import { closeAccount } from '#shared/erasure';
import { database, schedulerClient } from '#shared/runtime';
import { type Scheduler, startScheduler } from '../../../scripts/local/scheduler/index.ts';
import { readCommandLine } from '../../../scripts/restore/commandLine.ts';
import { freshMarker, markerFile } from '../../../scripts/restore/marker.ts';
import { run } from '../../../scripts/restore/run.ts';
import { emulators } from '../../support/emulators.ts';
import { type BackupHouse, fill, openBackupHouse } from './backupHouse.ts';
import { type Nothing, startNothing } from './nothing.ts';

let house: BackupHouse;
let scheduler: Scheduler;
let backup: Backup;
let manifest: Manifest;
let people: string[];
let said: string[];

beforeAll(async () => {
  house = await openBackupHouse();
  scheduler = await startScheduler({ file: join(house.directory, 'jobs.json') });
  process.env['CLOUD_SCHEDULER_ENDPOINT'] = scheduler.endpoint;
  people = await fill(4, 20);
  backup = await house.finish(await house.start());
  manifest = await readJson((await listManifests())[0]!.manifestName, Manifest);
  await closeAccount(people[0]!, house.world);
  await house.pass(); // its tombstone reaches the bucket
});

beforeEach(() => {
  said = [];
});

afterAll(async () => {
  await scheduler.close();
  await house.close();
});

interface Meddling {
  admin?: DatabaseAdmin;
  /** It dies when it says so. */
  diesAt?: string;
}

function restore(args: string[], { admin, diesAt }: Meddling = {}) {
  const tell = (text: string) => {
    said.push(text);
    if (diesAt !== undefined && text.startsWith(diesAt)) throw new Error(`killed at: ${text}`);
  };
  return run(readCommandLine(args), { say: tell, progress: tell, ...(admin ? { admin } : {}) });
}

const LIVE = ['--from', 'latest', '--to', '(default)'];

async function loseDocuments(): Promise<void> {
  const url = `http://${emulators().firestoreHost}/emulator/v1/projects/${process.env['GOOGLE_CLOUD_PROJECT']}/databases/(default)/documents`;
  await fetch(url, { method: 'DELETE', headers: { authorization: 'Bearer owner' } });
}

async function isEmpty(): Promise<boolean> {
  return (await (await database()).listCollections()).length === 0;
}

async function hashOf(uid: string): Promise<string | undefined> {
  return (await authAdmin((auth) => auth.getUser(uid)).catch(() => undefined))?.passwordHash;
}

/** Another manifest in the bucket, as an operator finds it under another id. */
async function manifestAs(backupId: string, change: Partial<Manifest>): Promise<string> {
  await writeJson(`manifests/20200101T000000Z_${backupId}.json`, { ...manifest, ...change });
  await writeJson(`manifests/20200101T000000Z_${backupId}.verified.json`, {});
  return backupId;
}

describe('before anything is written', () => {
  beforeAll(loseDocuments);

  it('the plan names the project, the database and the accounts that are written to', async () => {
    await restore([...LIVE, '--dry-run']);
    const project = process.env['GOOGLE_CLOUD_PROJECT'];
    expect(said[0]).toContain(`Goes to project ${project}, database (default) of the emulator at`);
    expect(said[0]).toMatch(
      new RegExp(`Firebase Auth of project ${project} .*: 3 of 4 are there and stay as they are; 0 that it lacks .*; 1 deleted since`),
    );
  });

  it('a backup of another project is refused, unless it is said that it is meant', async () => {
    const from = await manifestAs('bak_stranger', { project: 'somebody-else' });
    await expect(restore(['--from', from, '--to', '(default)'])).rejects.toThrow(/is of project somebody-else, and this would write to/);
    expect(await isEmpty()).toBe(true);
    const { isSound } = await restore(['--from', from, '--to', '(default)', '--into-other-project', '--dry-run']);
    expect(isSound).toBe(true);
  });

  it('a backup that is not whole is refused, with what is missing', async () => {
    const lost = { name: `${manifest.exportPlace}/lost`, bytes: 5 };
    const [first, ...others] = manifest.objects;
    const from = await manifestAs('bak_torn', { objects: [{ ...first!, bytes: first!.bytes + 1 }, lost, ...others] });
    await expect(restore(['--from', from, '--to', '(default)'])).rejects.toThrow(
      /is not whole.*\n.* bytes instead of .*\n.*\/lost: missing/,
    );
    expect(await isEmpty()).toBe(true);
  });

  it('a page of accounts that was spoiled is found', async () => {
    const [page] = manifest.accountPages;
    const from = await manifestAs('bak_spoiled', { accountPages: [page!, { ...page!, sha256: 'of something else' }] });
    await expect(restore(['--from', from, '--to', '(default)'])).rejects.toThrow(/cannot be opened: .*Nothing was changed/);
    expect(await isEmpty()).toBe(true);
  });

  it('jobs that would be fired, or are still at work, are in the way', async () => {
    const name = `projects/${process.env['GOOGLE_CLOUD_PROJECT']}/locations/asia-northeast3/jobs/watchService`;
    const client = await schedulerClient();
    const httpTarget = { uri: 'http://127.0.0.1:9/', httpMethod: 'POST' as const };
    const parent = name.replace(/\/jobs\/.*/, '');
    await client.createJob({ parent, job: { name, description: 'Sori: watch', schedule: '0 0 1 1 *', timeZone: 'UTC', httpTarget } });
    expect((await restore(LIVE)).lines[0]).toMatch(/^Jobs would write into it: watchService. First: npm run schedule -- apply --pause all/);
    await client.pauseJob({ name });
    const db = await database();
    await db.doc('jobRuns/sweepStorage').set({ leaseUntilAt: new Date(Date.now() + 60_000) });
    expect((await restore([...LIVE, '--force'])).lines).toEqual([
      expect.stringMatching(/^Jobs are still at work there: sweepStorage \(until/),
    ]);
    await loseDocuments();
  });
});

describe('a database that is not there', () => {
  let nothing: Nothing;

  beforeAll(async () => {
    nothing = await startNothing();
  });

  afterAll(() => nothing.close());

  it('and is the one that serves: the operator is told what to type', async () => {
    const { isSound, lines } = await restore(LIVE, { admin: nothing.admin });
    expect({ isSound, lines }).toEqual({
      isSound: false,
      lines: [expect.stringMatching(/gcloud firestore databases create --database="\(default\)" --location=asia-northeast3/)],
    });
  });

  it('and has another name: it is made, and a dry run says so', async () => {
    const args = ['--from', 'latest', '--to', 'elsewhere', '--dry-run'];
    const { isSound } = await restore(args, { admin: nothing.admin });
    expect({ isSound, last: said.at(-1) }).toEqual({ isSound: true, last: 'There now: no database elsewhere; it is made' });
  });
});

describe('what is in Firebase Auth', () => {
  it('stays as it is when another database is restored', async () => {
    const before = await Promise.all(people.map(hashOf));
    await authAdmin((auth) => auth.deleteUser(people[3]!));
    const { isSound, lines } = await restore(['--from', 'latest', '--to', 'for-looking']);
    expect({ isSound, accounts: lines[1] }).toEqual({ isSound: true, accounts: 'Accounts: none was touched' });
    expect(await Promise.all(people.map(hashOf))).toEqual([undefined, before[1], before[2], undefined]);
  });

  it('stays as it is where it is there, comes back where it is not, and is written over when that is asked for', async () => {
    const [, before] = await Promise.all(people.map(hashOf));
    await authAdmin((auth) => auth.updateUser(people[1]!, { password: 'a new password', disabled: true }));
    const changed = await hashOf(people[1]!);
    const { lines } = await restore(LIVE);
    expect(lines[1]).toBe('Accounts: 1 brought back, 2 were there and stay as they are, 1 not, for they were deleted since');
    const kept = await authAdmin((auth) => auth.getUser(people[1]!));
    expect({ hash: kept.passwordHash, isDisabled: kept.disabled, isBack: (await hashOf(people[3]!)) !== undefined }).toEqual({
      ...{ hash: changed, isDisabled: true, isBack: true },
    });
    await loseDocuments();
    said = [];
    await restore([...LIVE, '--accounts', 'replace']);
    expect(said[0]).toMatch(/3 of 4 are there and are REPLACED: .* 0 that it lacks are brought back; 1 deleted since/);
    expect(await hashOf(people[1]!)).toBe(before);
  });

  it('keeps an address with whoever has it now', async () => {
    const { email } = await authAdmin((auth) => auth.getUser(people[2]!));
    await authAdmin((auth) => auth.deleteUser(people[2]!));
    await authAdmin((auth) => auth.createUser({ uid: 'newcomer', email: email! }));
    await loseDocuments();
    const { isSound, lines } = await restore(LIVE);
    expect({ isSound, accounts: lines[1] }).toEqual({
      isSound: true,
      accounts: expect.stringMatching(/1 not, for the address is another's/),
    });
    expect(await hashOf(people[2]!)).toBeUndefined();
  });
});

describe('the order', () => {
  beforeEach(loseDocuments);

  it('holds sweeps before the first document comes, and closes whoever was deleted before anything else is done', async () => {
    const db = await database();
    const real = await ownDatabaseAdmin();
    const seen: Record<string, boolean> = {};
    const startImport: DatabaseAdmin['startImport'] = async (...asked) => {
      seen['held at the import'] = (await db.doc('settings/sweeps').get()).exists;
      return real.startImport(...asked);
    };
    await expect(restore(LIVE, { admin: { ...real, startImport }, diesAt: 'accounts: page 1' })).rejects.toThrow('killed at');
    seen['held after it'] = (await db.doc('settings/sweeps').get()).exists;
    seen['deleted person is back'] = (await db.doc(`users/${people[0]}`).get()).exists;
    expect(seen).toEqual({ 'held at the import': true, 'held after it': true, 'deleted person is back': false });
    await restore(LIVE);
  });

  it('what an operator had closed stays closed, and the backup is known as verified', async () => {
    const db = await database();
    await db.doc('settings/service').set({ closedFeatures: ['generation', 'uploads'] });
    await restore([...LIVE, '--force']);
    expect((await db.doc('settings/service').get()).get('closedFeatures')).toEqual(['generation', 'uploads']);
    expect(await house.read(backup.backupId)).toMatchObject({
      state: 'verified',
      snapshotAt: backup.snapshotAt,
      documents: backup.documents,
    });
    await house.pass();
    expect(await house.read(backup.backupId)).toMatchObject({ state: 'verified', failure: null });
  });

  it('goes on after a death at each step, imports once, and ends equal', async () => {
    const real = await ownDatabaseAdmin();
    let imports = 0;
    const startImport: DatabaseAdmin['startImport'] = (...asked) => {
      imports += 1;
      return real.startImport(...asked);
    };
    const admin = { ...real, startImport };
    const ends: string[] = [];
    for (const diesAt of ['what must not', 'accounts: page 1', 'comparison: page 1']) {
      await expect(restore(LIVE, { admin, diesAt })).rejects.toThrow('killed at');
      ends.push(said.find((text) => text.startsWith('Begun before')) ?? 'from the beginning');
      said = [];
    }
    const { isSound } = await restore(LIVE, { admin });
    expect(ends).toEqual(['from the beginning', 'Begun before, goes on with: settle', 'Begun before, goes on with: accounts']);
    expect({ isSound, imports, last: said.find((text) => text.startsWith('Begun')) }).toEqual({
      ...{ isSound: true, imports: 1, last: 'Begun before, goes on with: compare' },
    });
  });

  it('that died while it asked for the import waits for an operator, who knows whether that still runs', async () => {
    const real = await ownDatabaseAdmin();
    const startImport = () => Promise.reject(new Error('killed'));
    await expect(restore(LIVE, { admin: { ...real, startImport } })).rejects.toThrow('killed');
    await expect(restore(LIVE)).rejects.toThrow(
      /it is not known whether it still runs.*\n.*gcloud firestore operations list --database="\(default\)"/,
    );
    expect((await restore(['release'])).lines).toEqual([expect.stringMatching(/has stopped at "import": go on with it first/)]);
    await expect(restore([...LIVE, '--force'])).rejects.toThrow(/--import-ended/);
    expect((await restore([...LIVE, '--import-ended'])).isSound).toBe(true);
  });

  it('that was begun with another backup is not gone on with by accident, and not while its import runs; a lost database begins anew', async () => {
    await expect(restore(LIVE, { diesAt: 'accounts: page 1' })).rejects.toThrow('killed at');
    const file = markerFile(process.env['GOOGLE_CLOUD_PROJECT']!, '(default)', 'run_0');
    const left = { ...(await file.read())!, backupId: 'bak_other' };
    await file.write(left);
    const hint = 'A restore of bak_other has stopped there at "accounts". To go on: --from bak_other';
    expect((await restore(LIVE)).lines).toEqual([expect.stringMatching(/is not empty/), hint]);
    await file.write({ ...left, step: 'import', operation: 'of another' });
    const admin: DatabaseAdmin = { ...(await ownDatabaseAdmin()), stateOf: () => Promise.resolve({ state: 'running' }) };
    expect((await restore([...LIVE, '--force'], { admin })).lines).toEqual([
      expect.stringMatching(/^The import of bak_other into it is still running/),
    ]);
    await loseDocuments();
    said = [];
    const { isSound } = await restore(LIVE);
    expect({ isSound, begun: said.some((text) => text.startsWith('Begun before')) }).toEqual({ isSound: true, begun: false });
  });
});

it('of two restores into one database at once, one is refused its next step', async () => {
  const [one, other] = [markerFile('demo-sori', 'twice', 'run_1'), markerFile('demo-sori', 'twice', 'run_2')];
  expect([await one.read(), await other.read()]).toEqual([undefined, undefined]);
  const marker = freshMarker('bak_1', new Date(), []);
  await one.write(marker);
  await expect(other.write(marker)).rejects.toThrow('Another restore into the same database is under way');
  expect(await one.write({ ...marker, step: 'settle' })).toMatchObject({ step: 'settle' });
  expect(await other.read()).toMatchObject({ step: 'settle' });
});
