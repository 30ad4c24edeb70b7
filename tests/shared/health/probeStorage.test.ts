import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timestamp } from '@google-cloud/firestore';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { closeDatabase, database, newId } from '#shared/runtime';
import { type LocalSecretManager, startSecretManager } from '../../../scripts/local/google/index.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { keepLogLines } from '../generation/logLines.ts';
import { type FaultyProxy, openFaultyProxy } from '../media/faultyProxy.ts';
import { BUCKET, type OpenGcs, openGcsStore } from '../media/someStores.ts';
import { makeSlow } from './makeSlow.ts';

let gcs: OpenGcs;
let manager: LocalSecretManager;
let storage: FaultyProxy;
let google: FaultyProxy;
let lines: ReturnType<typeof keepLogLines>;
let directory: string;
let clock: TestClock;
const closing: (() => Promise<void>)[] = [closeDatabase];

beforeAll(async () => {
  gcs = await openGcsStore();
  [manager, storage, google] = await Promise.all([startSecretManager(), openFaultyProxy(gcs.url), openFaultyProxy(gcs.google.url)]);
  directory = await mkdtemp(join(tmpdir(), 'sori-probe-'));
  const addresses = { STORAGE_EMULATOR_HOST: storage.url, GOOGLE_TOKEN_URL: `${google.url}/token`, SECRET_MANAGER_ENDPOINT: manager.url };
  useOwnProject({ ...addresses, LOG_LEVEL: 'info', GCS_KEY_SECRET: '' });
  lines = keepLogLines();
  await stored(); // loads what the client of the database loads at its first read
});

beforeEach(async () => {
  clock = new TestClock();
  lines.forget();
  storage.seen.length = 0;
  await (await database()).doc('dependencies/storage').delete();
});

afterEach(async () => {
  storage.decide = () => undefined;
  google.decide = () => undefined;
  await gcs.storage.setMembers(BUCKET, undefined);
  await writeFile(gcs.keyPath, JSON.stringify(gcs.key));
});

afterAll(async () => {
  lines.stop();
  for (const close of closing) await close();
  await Promise.all([storage.close(), google.close(), manager.close()]);
  await gcs.close();
  await rm(directory, { recursive: true, force: true });
});

/** An instance that has just started. */
async function newInstance(settings: Record<string, string> = {}) {
  Object.assign(process.env, { MEDIA_STORES: `gcs:${BUCKET}`, GCS_KEY_FILE: gcs.keyPath, GCS_KEY_SECRET: '' }, settings);
  jest.resetModules();
  const [{ probeStorage }, { availability }, { mediaStores, storageKey }, runtime] = await Promise.all([
    import('#shared/health'),
    import('#shared/access'),
    import('#shared/media'),
    import('#shared/runtime'),
  ]);
  closing.push(runtime.closeDatabase);
  // What loads at its first use loads now: the next instance forgets all modules.
  await (await runtime.database()).doc('dependencies/storage').get();
  await Promise.all(mediaStores().map((store) => store.find('nothing').catch(() => undefined)));
  return {
    probe: () => probeStorage({ clock, newId }),
    features: async () => (await availability(clock)).features,
    stores: mediaStores(),
    distrust: () => storageKey()?.distrust(),
  };
}

async function stored() {
  const document = await (await database()).doc('dependencies/storage').get();
  const stores = document.get('stores') as (Record<string, unknown> & { dueAt: Timestamp })[] | undefined;
  return {
    stores: stores?.map(({ changedAt: _, dueAt: __, ...store }) => store),
    dueInMs: stores?.map(({ dueAt }) => dueAt.toMillis() - clock.now()),
  };
}

/** Every 12 characters in a row, of the key as it is and as JSON writes it. */
function windowsOf(key: string): string[] {
  const texts = [key, JSON.stringify(key).slice(1, -1)];
  return texts.flatMap((text) => Array.from({ length: text.length - 11 }, (_, at) => text.slice(at, at + 12)));
}

function probesSeen(): number {
  return storage.seen.filter((request) => /^POST \/upload.*name=staging%2Fprobe/.test(request)).length;
}

const WHOLE = { storeId: `gcs:${BUCKET}`, canRead: true, canWrite: true, why: null };
const CLOSED = { ...WHOLE, canRead: false, canWrite: false, why: 'unavailable' };
const WHOLE_DISK = { ...WHOLE, storeId: expect.stringContaining('local:') };

function onDisk(): Record<string, string> {
  return { MEDIA_STORES: `local:${directory}` };
}

describe('A probe of the storage', () => {
  it('writes, reads, removes, and says that all is well', async () => {
    const { probe, stores } = await newInstance();
    await probe();
    expect(await stored()).toEqual({ stores: [WHOLE], dueInMs: [15_000] });
    const left = [];
    for await (const { name } of stores[0]!.list('staging/')) left.push(name);
    expect(left).toEqual([]);
    expect(lines.all()).toEqual([]);
  });

  it('is made by one of many instances and one of many requests, every 15 s', async () => {
    const [one, other, third] = [await newInstance(), await newInstance(), await newInstance()];
    const all = () => Promise.all([one, other, third, one].map(({ probe }) => probe()));
    await all();
    expect(probesSeen()).toBe(1);
    clock.advance(14_999);
    await all();
    expect(probesSeen()).toBe(1);
    clock.advance(1);
    await all();
    expect(probesSeen()).toBe(2);
  });

  it('tells this instance at once and the others within 10 s, when it breaks and when it is back', async () => {
    const [one, other] = [await newInstance(), await newInstance()];
    await one.probe();
    expect((await other.features()).generation.available).toBe(true);
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) }));
    one.distrust(); // else it is read within a second
    clock.advance(15_000);
    await one.probe();
    expect((await one.features()).generation).toEqual({ available: false, reason: 'storage' });
    clock.advance(10_000);
    expect((await other.features()).streaming).toEqual({ available: false, reason: 'storage' });

    await writeFile(gcs.keyPath, JSON.stringify(gcs.key));
    clock.advance(5_000);
    await one.probe();
    expect((await one.features()).generation.available).toBe(true);
    clock.advance(10_000);
    expect((await other.features()).generation.available).toBe(true);
  });

  it('tells operators once that a store is down and why, and once that it is back, and nothing of the key', async () => {
    const { probe, distrust } = await newInstance();
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) }));
    distrust();
    const told: unknown[] = [];
    for (let probes = 0; probes < 3; probes += 1) {
      await probe();
      told.push((await (await database()).doc('dependencies/storage').get()).data());
      clock.advance(15_000);
    }
    await writeFile(gcs.keyPath, JSON.stringify(gcs.key));
    await probe();
    expect(lines.all().map(({ code, severity, storeId, why, job }) => ({ code, severity, storeId, why, job }))).toEqual([
      { code: 'storage_closed', severity: 'ERROR', storeId: `gcs:${BUCKET}`, why: 'too_short' },
      { code: 'storage_open', severity: 'INFO', storeId: `gcs:${BUCKET}` },
      { code: 'nudge_lost', severity: 'INFO', job: 'advanceGenerations' }, // nobody is there to take it
    ]);
    const said = JSON.stringify([lines.all(), told]);
    expect(windowsOf(gcs.key.private_key).filter((part) => said.includes(part))).toEqual([]);
  });

  it('tells a store that takes nothing from one that gives nothing: what it has still plays', async () => {
    const { probe, features } = await newInstance();
    await gcs.storage.setMembers(BUCKET, { [gcs.key.client_email]: 'objectViewer' });
    await probe();
    expect((await stored()).stores).toEqual([{ ...WHOLE, canWrite: false, why: 'no_permission' }]);
    expect(await features()).toMatchObject({
      generation: { reason: 'storage' },
      uploads: { reason: 'storage' },
      streaming: { reason: null },
    });
  });

  it('finds one broken that takes the bytes and does not give them back', async () => {
    const { probe, features } = await newInstance();
    storage.decide = (request) => (request.includes('alt=media') ? 404 : undefined);
    await probe();
    expect((await stored()).stores).toEqual([{ ...WHOLE, canRead: false, canWrite: false, why: 'damaged' }]);
    expect((await features()).streaming.reason).toBe('storage');
  });

  it('takes one that is slow for broken after 5 s', async () => {
    const [{ probe, features, stores }, other] = [await newInstance(onDisk()), await newInstance(onDisk())];
    const slow = makeSlow(stores, clock, 'publish');
    await slow.passing(probe);
    expect(await stored()).toEqual({ stores: [{ ...WHOLE_DISK, why: 'slow' }], dueInMs: [1_000] }); // once may be chance
    expect((await features()).generation.available).toBe(true);
    clock.advance(1_000);
    await slow.passing(probe, { meanwhile: async () => expect((await other.features()).generation.available).toBe(true) });
    await other.probe(); // it knows of the doubt, and so does not go on with what it knows
    expect((await other.features()).generation.reason).toBe('storage');
    expect(await stored()).toEqual({ stores: [{ ...WHOLE_DISK, canWrite: false, why: 'slow' }], dueInMs: [10_000] });
    expect(await features()).toMatchObject({ generation: { reason: 'storage' }, streaming: { reason: null } });
    slow.end();
    clock.advance(10_000);
    await probe();
    expect(await stored()).toEqual({ stores: [WHOLE_DISK], dueInMs: [15_000] });
    expect(lines.all().map(({ code }) => code)).toEqual(['storage_slow', 'storage_closed', 'storage_open', 'nudge_lost']);
  });

  it('closes nothing that was slow once and well at the next look, however often', async () => {
    const { probe, features, stores } = await newInstance(onDisk());
    for (let times = 0; times < 2; times += 1) {
      const slow = makeSlow(stores, clock, 'find');
      await slow.passing(probe);
      slow.end();
      clock.advance(1_000);
      await probe();
      expect(await stored()).toEqual({ stores: [WHOLE_DISK], dueInMs: [15_000] });
      expect((await features()).streaming.available).toBe(true);
      clock.advance(15_000);
    }
  });

  it.each([1_100, 60_000])('shows nothing of a store that is slow when the process itself stood still for %i ms', async (stillMs) => {
    const { probe, features, stores } = await newInstance(onDisk());
    const slow = makeSlow(stores, clock, 'find', 'stage');
    for (let probes = 0; probes < 3; probes += 1) {
      await slow.passing(probe, { stillMs });
      expect(await stored()).toEqual({ stores: [WHOLE_DISK], dueInMs: [1_000] });
      clock.advance(1_000);
    }
    expect((await features()).generation.available).toBe(true);
    expect(lines.all()).toEqual([]);
  });

  it('leaves what another version of the service has found of other stores, for a day', async () => {
    const [one, other] = [await newInstance(), await newInstance(onDisk())];
    storage.decide = () => 503;
    await one.probe();
    await other.probe(); // at once: nobody has looked at its store yet
    expect(await stored()).toEqual({ stores: [WHOLE_DISK, CLOSED], dueInMs: [15_000, 15_000] });
    expect((await one.features()).generation.reason).toBe('storage');
    expect((await other.features()).generation.available).toBe(true);
    clock.advance(24 * 60 * 60_000);
    await one.probe();
    expect((await stored()).stores).toEqual([CLOSED, WHOLE_DISK]);
    clock.advance(24 * 60 * 60_000);
    await one.probe();
    expect((await stored()).stores).toEqual([CLOSED]);
  });

  it('is written down although another version has looked at other stores meanwhile', async () => {
    const [one, other] = [await newInstance(), await newInstance(onDisk())];
    storage.decide = () => 503;
    storage.seen.length = 0;
    const probing = one.probe();
    while (storage.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await other.probe();
    await probing;
    expect((await stored()).stores).toEqual([CLOSED, WHOLE_DISK]);
  });

  it('reads a key anew that was replaced while Google did not answer', async () => {
    const secret = `projects/${process.env['GOOGLE_CLOUD_PROJECT']}/secrets/storage-key`;
    const old = await gcs.google.createServiceAccountKey(gcs.key.client_email);
    manager.addVersion(secret, JSON.stringify(old));
    google.decide = () => 503;
    const { probe } = await newInstance({ GCS_KEY_SECRET: 'storage-key', GCS_KEY_FILE: '' });
    await probe();
    expect((await stored()).stores).toEqual([{ ...WHOLE, canRead: false, canWrite: false, why: 'exchange_unavailable' }]);
    manager.addVersion(secret, JSON.stringify(gcs.key));
    await gcs.google.deleteKey(old.client_email, old.private_key_id);
    google.decide = () => undefined;
    clock.advance(15_000);
    await probe();
    expect((await stored()).stores).toEqual([WHOLE]);
  });

  it('looks at each store by itself', async () => {
    const file = join(directory, 'no-directory');
    await writeFile(file, '');
    const { probe, features } = await newInstance({ MEDIA_STORES: `local:${file},gcs:${BUCKET}` });
    await probe();
    expect((await stored()).stores).toEqual([{ storeId: `local:${file}`, canRead: true, canWrite: false, why: 'unavailable' }, WHOLE]);
    expect(await features()).toMatchObject({ generation: { reason: 'storage' }, streaming: { reason: null } });
  });

  it('that died half-way is made again by another instance, which does not wait longer than usual', async () => {
    const { probe } = await newInstance();
    const taken = { ...WHOLE, changedAt: null, dueAt: new Date(clock.now() + 15_000) }; // and nothing came of it
    await (await database()).doc('dependencies/storage').set({ stores: [taken] });
    await probe();
    expect(probesSeen()).toBe(0);
    clock.advance(15_000);
    await probe();
    expect((await stored()).stores).toEqual([WHOLE]);
  });
});
