/** G15: who deletes an account, or erases one, dies at any of his own steps; the next one goes on, and in the end nothing is left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceErasures } from '#shared/erasure';
import { verifyLedger } from '#shared/operations';
import { closeDatabase, database, systemWorld } from '#shared/runtime';
import { buildNumbered, type NumberedProgram } from '../crashPoints/buildNumbered.ts';
import { type Cell, chooseCells, type Outcome, tryCells } from '../crashPoints/crashMatrix.ts';
import type { Plan } from '../crashPoints/crashPoint.ts';
import { type FirestoreRelay, openRelay } from '../crashPoints/firestoreRelay.ts';
import { type NumberedProcess, startNumbered } from '../crashPoints/numberedProcess.ts';
import { AT_ONCE, closeNow, erasures, leftOf, newAccount, round, thingsOf } from '../shared/erasure/wholeAccount.ts';
import { TestClock } from '../support/clock.ts';
import { emulators } from '../support/emulators.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';
import { useOwnProject } from '../support/service.ts';

interface Child {
  process: NumberedProcess;
  relay: FirestoreRelay;
}

let root: string;
let program: NumberedProgram;
let next: Promise<Child>;
const clock = new TestClock();

beforeAll(async () => {
  announceSeed('erasure killed');
  root = await mkdtemp(join(tmpdir(), 'sori-erased-'));
  useOwnProject({ MEDIA_STORES: `local:${root}`, TOPMEDIAI_BASE_URL: 'http://127.0.0.1:9' });
  program = await buildNumbered('tests/shared/erasure/erasureProcess.ts');
  next = start();
}, 60_000);

afterAll(async () => {
  await end(await next);
  await program.remove();
  await closeDatabase();
  await rm(root, { recursive: true, force: true });
});

/** With a relay of its own: of a process that dies, the locks are given back at once. */
async function start(): Promise<Child> {
  const relay = await openRelay(emulators().firestoreHost);
  return { relay, process: startNumbered(program, { env: { FIRESTORE_EMULATOR_HOST: relay.host } }) };
}

async function end({ process, relay }: Child): Promise<void> {
  await process.kill();
  await relay.close();
}

/** A process does it once; the one after it starts meanwhile. @returns what it came by, and whether it died of it */
async function run(work: { plan: Plan; close?: string }): Promise<{ cells: Cell[]; isDead: boolean }> {
  const child = await next;
  next = start();
  child.process.send({ ...work, nowMs: clock.now() });
  const cells: Cell[] = [];
  const counts = new Map<string, number>();
  let isDead = true;
  for (let line = await child.process.next(); line && isDead; ) {
    if ('said' in line) isDead = false;
    if ('hit' in line) {
      const key = `${line.hit.point} ${line.hit.kind}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      cells.push({ ...line.hit, hit: counts.get(key)!, turn: line.turn });
    }
    if (isDead) line = await child.process.next();
  }
  await end(child);
  return { cells, isDead };
}

const erase = () => advanceErasures({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds: AT_ONCE });

/** Others do the rest. @returns what is wrong then */
async function faultsAfter(uid: string, things: string[]): Promise<string[]> {
  const isDone = async () => (await erasures()).every(({ state }) => state === 'done');
  for (let rounds = 0; rounds < 8 && !(rounds > 0 && (await isDone())); rounds += 1) await round(clock, erase);
  const faults = (await leftOf(uid, things)).map((path) => `${path} is left`);
  if (!(await isDone())) faults.push('it is not done');
  const db = await database();
  for (const document of await db.collection('erasures').listDocuments()) await document.delete();
  return [...faults, ...(await verifyLedger()).discrepancies.map(({ kind }) => kind)];
}

/** @param rounds - of others before: only then the last things go */
async function tryErasing(rounds: number, plan: Plan): Promise<Outcome & { cells: Cell[] }> {
  const uid = await newAccount();
  const things = await thingsOf(uid);
  await closeNow(uid, clock);
  for (let before = 0; before < rounds; before += 1) await round(clock, erase);
  const { isDead, cells } = await run({ plan });
  const violations = (await verifyLedger()).discrepancies.map(({ kind }) => `before the next one: ${kind}`);
  clock.advance(60_000);
  return { isReached: isDead, cells, violations: [...violations, ...(await faultsAfter(uid, things))] };
}

async function tryClosing(plan: Plan): Promise<Outcome & { cells: Cell[] }> {
  const uid = await newAccount();
  const things = await thingsOf(uid);
  const { isDead, cells } = await run({ close: uid, plan });
  const isClosed = (await erasures()).length > 0;
  if (!isClosed) await closeNow(uid, clock); // nothing was said to be deleted, and so he asks again
  return { isReached: isDead, cells, violations: await faultsAfter(uid, things) };
}

const KILL = { action: 'kill' } as const;

describe('Killed at any step, nothing comes back and the books stay true, and the next one ends it:', () => {
  it(
    'who deletes the account',
    async () => {
      const recorded = await tryClosing({ action: 'record' });
      expect(recorded.violations).toEqual([]);
      const tried = chooseCells(recorded.cells, runs(6).numRuns);
      const { violations, reachedCount } = await tryCells(tried, ({ point, kind, hit }) => tryClosing({ ...KILL, point, kind, hit }));
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.5 * tried.length);
    },
    limitMs(120_000),
  );

  it.each([
    ['who takes away what can go at once', 0],
    ['who takes away the last, and proves it', 1],
  ])(
    '%s',
    async (_who, rounds) => {
      const recorded = await tryErasing(rounds, { action: 'record' });
      expect(recorded.violations).toEqual([]);
      const tried = chooseCells(recorded.cells, runs(10).numRuns);
      const tryOne = ({ point, kind, hit }: Cell) => tryErasing(rounds, { ...KILL, point, kind, hit });
      const { violations, reachedCount } = await tryCells(tried, tryOne);
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.5 * tried.length);
    },
    limitMs(180_000),
  );
});
