/** An erasure is done only when nothing in the whole database knows the person any more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceErasures } from '#shared/erasure';
import { verifyLedger } from '#shared/operations';
import { closeDatabase, database, systemWorld } from '#shared/runtime';
import { findTraces } from '../../../shared/erasure/findTraces.ts';
import { STEPS, type Step } from '../../../shared/erasure/steps.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { AT_ONCE, closeNow, erasures, leftOf, newAccount, round, thingsOf } from './wholeAccount.ts';

let root: string;
const clock = new TestClock();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sori-proof-'));
  useOwnProject({ MEDIA_STORES: `local:${root}`, TOPMEDIAI_BASE_URL: 'http://127.0.0.1:9' });
});

afterAll(async () => {
  await closeDatabase();
  await rm(root, { recursive: true, force: true });
});

afterEach(async () => {
  for (const document of await (await database()).collection('erasures').listDocuments()) await document.delete();
});

function erase(steps: Step[] = STEPS, bounds = AT_ONCE): Promise<number> {
  return advanceErasures({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds, steps });
}

async function states(): Promise<string[]> {
  return (await erasures()).map(({ state }) => state);
}

async function claims(): Promise<unknown[]> {
  const { docs } = await (await database()).collection('erasures').get();
  return docs.map((document) => document.get('claimId') as unknown);
}

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 200; looks += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never came to that');
}

/** Those whose documents nothing else takes away. */
const ALONE = [...new Set(STEPS.map(({ name }) => name))].filter((name) => !['Auth', 'files', 'songs'].includes(name));

describe('An erasure', () => {
  it.each(ALONE)('is not done while %s is left out, and is once it is not', async (name) => {
    const uid = await newAccount();
    const things = await thingsOf(uid);
    const db = await database();
    // What else would go together with something else.
    if (name === 'songSearch') await db.doc(`songSearch/of_${uid}`).create({ ownerId: uid });
    if (name === 'generations') await db.doc(`generations/of_${uid}`).create({ ownerId: uid });
    await closeNow(uid, clock);
    const others = STEPS.filter((step) => step.name !== name);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase(others));
    expect(await states()).toEqual(['erasing']);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase());
    expect(await states()).toEqual(['done']);
    expect(await leftOf(uid, things)).toEqual([]);
  });

  it('of a collection that nobody has thought of is not done, and says so', async () => {
    const uid = await newAccount();
    const db = await database();
    const unknown = db.doc('neverHeardOf/one');
    await unknown.create({ deep: [{ inside: `by:${uid}` }] });
    await closeNow(uid, clock);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase());
    expect(await states()).toEqual(['erasing']);
    await unknown.delete();
    for (let rounds = 0; rounds < 3; rounds += 1) await round(clock, () => erase());
    expect(await states()).toEqual(['done']);
  });

  it('that somebody else has ended meanwhile is left alone by who went on too late', async () => {
    const uid = await newAccount();
    const things = await thingsOf(uid);
    await closeNow(uid, clock);
    const waking = Promise.withResolvers<void>();
    const asleep: Step = { name: 'asleep', erasePage: () => waking.promise.then(() => 0) };
    const late = erase([asleep, ...STEPS]);
    await waitUntil(async () => (await claims())[0] !== null);
    clock.advance(AT_ONCE.leaseMs + 1_000);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase());
    const done = await erasures();
    waking.resolve();
    expect(await late).toBe(0);
    expect(await leftOf(uid, things)).toEqual([]);
    expect(await erasures()).toEqual(done);
  });

  it('with little time in each run is done in many, and after each the books are true', async () => {
    const uid = await newAccount();
    const things = await thingsOf(uid);
    await closeNow(uid, clock);
    const bounds = { ...AT_ONCE, writes: 210, proofPage: 3 };
    let rounds = 0;
    for (; (await states())[0] !== 'done' && rounds < 40; rounds += 1) {
      await round(clock, () => erase(STEPS, bounds));
      expect((await verifyLedger()).discrepancies).toEqual([]);
    }
    expect(rounds).toBeGreaterThan(6);
    expect(await leftOf(uid, things)).toEqual([]);
  });
});

describe('Nobody keeps an erasure from its end:', () => {
  it('who writes the uid, which is public, into texts of his own', async () => {
    const uid = await newAccount();
    const db = await database();
    const texts = { title: uid, lyrics: `of ${uid}`, request: { prompt: uid, style: uid }, ownerName: uid, displayName: uid };
    const his = db.doc('playlists/pls_stranger');
    await his.create({ ...texts, ownerId: 'stranger', tokens: [uid], email: `${uid}@sori.example`, createdAt: new Date() });
    await closeNow(uid, clock);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase());
    const kept = (await his.get()).data();
    await his.delete();
    expect(await states()).toEqual(['done']);
    expect(kept).toMatchObject(texts);
  });

  it('the proofs of many others: who is not erased yet has his turn before them', async () => {
    const db = await database();
    const startedAt = new Date(clock.now() - 60 * 60_000);
    for (const erasureId of ['tmb_a', 'tmb_b', 'tmb_c']) {
      const proof = { erasureId, uid: `uid-${erasureId}`, state: 'proving', claimId: null, provenTo: null };
      await db.doc(`erasures/${erasureId}`).create({ ...proof, startedAt, dueAt: startedAt });
    }
    const uid = await newAccount();
    await closeNow(uid, clock);
    const { docs } = await db.collection('erasures').where('uid', '==', uid).get();
    await erase(STEPS, { ...AT_ONCE, atOnce: 2, writes: 208 });
    expect((await docs[0]!.ref.get()).get('claimId')).not.toBeNull();
  });
});

describe('A step that goes wrong', () => {
  function withBroken(name: string): Step[] {
    const erasePage = () => Promise.reject(new Error('unreachable'));
    return STEPS.map((step) => (step.name === name ? { ...step, erasePage } : step));
  }

  it('such as the first, in Auth, stops no other, and nothing is called done before it has done its work', async () => {
    const uid = await newAccount();
    await closeNow(uid, clock);
    const things = await thingsOf(uid);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase(withBroken('Auth')));
    const left = (await leftOf(uid, things)).map((path) => path.split('/')[0]);
    expect(left).toEqual(['erasures']);
    expect(await erasures()).toMatchObject([{ state: 'erasing', failedPasses: 4 }]);
    for (let rounds = 0; rounds < 2; rounds += 1) await round(clock, () => erase());
    expect(await states()).toEqual(['done']);
  });

  it('keeps the books for what it has left in them', async () => {
    const uid = await newAccount();
    await closeNow(uid, clock);
    await erase(withBroken('generationWork'));
    const db = await database();
    expect((await db.doc(`quotas/${uid}`).get()).exists).toBe(true);
    expect((await verifyLedger()).discrepancies).toEqual([]);
    for (let rounds = 0; rounds < 4; rounds += 1) await round(clock, () => erase());
    expect(await states()).toEqual(['done']);
  });
});

it('What operators wrote of somebody is told no longer of whom, in the middle of a text as well', async () => {
  const uid = await newAccount();
  const entry = (await database()).doc('audit/aud_withReason');
  await entry.create({ actorId: 'operator:cli', target: uid, before: {}, after: { reason: `asked by ${uid}, not by ${uid}2` } });
  await closeNow(uid, clock);
  for (let rounds = 0; rounds < 3; rounds += 1) await round(clock, () => erase());
  const [done] = await erasures();
  expect((await entry.get()).get('after')).toEqual({ reason: `asked by ${done!.erasureId}, not by ${uid}2` });
  await entry.delete();
});

describe('The look for traces', () => {
  it.each<[string, string, object, boolean]>([
    ['the name of a document', 'users/mina', {}, true],
    ['a part of a name', 'ledger/mina_2026-11-23_grant', {}, true],
    ['a field', 'x/1', { ownerId: 'mina' }, true],
    ['a field deep inside', 'x/1', { a: [{ b: { c: ['mina'] } }] }, true],
    ['the name of a field', 'x/1', { likedBy: { mina: true } }, true],
    ['a path in a field', 'x/1', { object: { name: 'exports/mina/all.json' } }, true],
    ['no words, in a field that nobody knows', 'x/1', { remark: 'as mina said' }, false],
    ['no free text', 'x/1', { title: 'mina', request: { prompt: 'mina' } }, false],
    ['nobody of a longer name', 'x/mina2', { ownerId: 'jamina' }, false],
  ])('finds %s', async (_where, path, data, isFound) => {
    const db = await database();
    await db.doc(path).set(data);
    let [traces, position] = [[] as string[], null as { collection: string; after: string } | null | undefined];
    while (position !== undefined) {
      const looked = await findTraces(['mina'], position, { limit: 2, except: '' });
      traces = [...traces, ...looked.traces];
      position = looked.position;
    }
    await db.doc(path).delete();
    expect(traces).toEqual(isFound ? [path] : []);
  });
});
