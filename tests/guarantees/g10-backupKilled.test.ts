/** G10: whoever makes a backup dies at any of his own steps; the next one goes on, it is verified, and nothing is left of what was made on the way. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { buildNumbered, type NumberedProgram } from '../crashPoints/buildNumbered.ts';
import { type Cell, chooseCells, type Outcome, tryCells } from '../crashPoints/crashMatrix.ts';
import type { Plan } from '../crashPoints/crashPoint.ts';
import { type FirestoreRelay, openRelay } from '../crashPoints/firestoreRelay.ts';
import { type NumberedProcess, startNumbered } from '../crashPoints/numberedProcess.ts';
import { BACKUP_BOUNDS, type BackupHouse, emulatorDatabase, fill, openBackupHouse } from '../shared/backups/backupHouse.ts';
import { emulators } from '../support/emulators.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';

interface Child {
  process: NumberedProcess;
  relay: FirestoreRelay;
}

let house: BackupHouse;
let program: NumberedProgram;
let next: Promise<Child>;

beforeAll(async () => {
  announceSeed('backup killed');
  house = await openBackupHouse();
  await fill(2, 10);
  program = await buildNumbered('tests/shared/backups/backupProcess.ts');
  next = start();
}, 60_000);

afterAll(async () => {
  await end(await next);
  await program.remove();
  await house.close();
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

/** A process makes a backup and compares it; the one after it starts meanwhile. */
async function passOf(plan: Plan): Promise<{ cells: Cell[]; isDead: boolean }> {
  const child = await next;
  next = start();
  child.process.send({ plan, nowMs: house.clock.now() });
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

/** A weekly one each time: eight days pass. */
async function tryBackup(plan: Plan): Promise<Outcome & { cells: Cell[] }> {
  house.clock.advance(8 * 24 * 60 * 60_000);
  const backupId = await house.start();
  const { cells, isDead } = await passOf(plan);
  house.clock.advance(BACKUP_BOUNDS.leaseMs + 1_000);
  const { state, comparison, failure } = await house.finish(backupId);
  const violations = comparison?.state === 'equal' ? [] : [`${state} ${comparison?.state} ${failure?.code ?? ''} ${failure?.detail ?? ''}`];
  const check = await emulatorDatabase().open(`check-${backupId.slice(4)}`);
  if ((await check.listCollections()).length > 0) violations.push('the database to compare is left');
  await check.terminate();
  const running = await (await database()).collection('backupWork').where('isRunning', '==', true).get();
  return { isReached: isDead, cells, violations: [...violations, ...running.docs.map(({ id }) => `${id} still runs`)] };
}

describe('Killed at any step of a backup', () => {
  it(
    'the next pass goes on with it, it is verified, and nothing is left over',
    async () => {
      const recorded = await tryBackup({ action: 'record' });
      expect(recorded.violations).toEqual([]);
      const ours = recorded.cells.filter(({ point }) => point.startsWith('shared/backups/'));
      const tried = chooseCells(ours, runs(6).numRuns);
      const { violations, reachedCount } = await tryCells(tried, ({ point, kind, hit }) => tryBackup({ action: 'kill', point, kind, hit }));
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.5 * tried.length);
    },
    limitMs(180_000),
  );
});
