/** G11 where processes die, hang and disagree about the time: each is a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeDatabase } from '#shared/runtime';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { buildNumbered, type NumberedProgram } from '../crashPoints/buildNumbered.ts';
import type { Cell } from '../crashPoints/crashMatrix.ts';
import { chooseCells } from '../crashPoints/crashMatrix.ts';
import type { Plan } from '../crashPoints/crashPoint.ts';
import { type NumberedProcess, startNumbered } from '../crashPoints/numberedProcess.ts';
import { JOB, runSomeJob, type SomeRun, traceOf } from '../shared/jobs/someJob.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';
import { useOwnProject } from '../support/service.ts';

const LEASE_MS = 1_200;
const HOUR_MS = 60 * 60 * 1000;

let program: NumberedProgram;
let next: NumberedProcess;
let hour = 0;

beforeAll(async () => {
  announceSeed('jobs killed');
  useOwnProject();
  program = await buildNumbered('tests/shared/jobs/jobProcess.ts');
  next = startNumbered(program);
}, 60_000);
afterAll(async () => {
  await next?.kill();
  await program?.remove();
  await closeDatabase();
});

/** A due time that no other test has. */
function newDue() {
  hour += 1;
  const due = new Date(Date.UTC(2026, 10, 1) + hour * HOUR_MS).toISOString();
  return { due, runId: `${JOB}_${due.replace(/\.000/, '').replace(/[-:]/g, '')}`, leaseMs: LEASE_MS };
}

/** The process that was started meanwhile; another is started for the one after it. */
function process(): NumberedProcess {
  const child = next;
  next = startNumbered(program);
  return child;
}

/** Until it says something of its own, or ends. */
async function said(child: NumberedProcess): Promise<unknown> {
  for (let line = await child.next(); line; line = await child.next()) if ('said' in line) return line.said;
  return undefined;
}

const done = (runId: string) => ({ counted: runId });
const UNDER_WAY = { refused: 'run_under_way', retryAfterS: expect.any(Number) };
const running = (promise: Promise<unknown>) => promise.catch((error: { code: string }) => error.code);

/** As the Scheduler does: again and again, until it is done. */
async function untilDone(run: SomeRun): Promise<unknown> {
  let answer: object | undefined;
  const isDone = async () => {
    answer = await runSomeJob(run).catch(() => undefined);
    return answer !== undefined;
  };
  await waitUntil('done', isDone, 10_000);
  return answer;
}

describe('A recurring job', () => {
  it('is begun by one of several processes that are fired at the same moment, and done once', async () => {
    const { runId, ...run } = newDue();
    const crew = Array.from({ length: 3 }, () => startNumbered(program));
    for (const child of crew) child.send({ ...run, leaseMs: 30_000, waitMs: 2_000 });
    const first = await Promise.all(crew.map(said));
    expect(first.filter((answer) => answer === 'working')).toHaveLength(1);
    expect(first.filter((answer) => answer !== 'working')).toEqual([UNDER_WAY, UNDER_WAY]);
    expect(await said(crew[first.indexOf('working')]!)).toEqual(done(runId));
    expect(await runSomeJob(run)).toEqual(done(runId));
    expect(await traceOf(runId)).toMatchObject({ begunCount: 1, run: { state: 'done', attempts: 1, result: done(runId) } });
    await Promise.all(crew.map((child) => child.kill()));
  }, 60_000);

  it('that is killed half-way waits for its lease to run out, and is then done by another', async () => {
    const { runId, ...run } = newDue();
    const child = process();
    child.send({ ...run, waitMs: 60_000 });
    expect(await said(child)).toBe('working');
    await child.kill();
    expect(await running(runSomeJob(run))).toBe('run_under_way');
    expect(await untilDone(run)).toEqual(done(runId));
    expect(await traceOf(runId)).toMatchObject({ begunCount: 2, count: { byAttempt: 2 }, run: { state: 'done', attempts: 2 } });
  }, 60_000);

  it('that hangs past its lease is done by another, and writes nothing when it wakes', async () => {
    const { runId, ...run } = newDue();
    const child = process();
    child.send({ ...run, waitMs: 200 });
    expect(await said(child)).toBe('working');
    globalThis.process.kill(child.pid, 'SIGSTOP');
    expect(await untilDone(run)).toEqual(done(runId));
    const before = await traceOf(runId);
    globalThis.process.kill(child.pid, 'SIGCONT');
    expect(await said(child)).toEqual(UNDER_WAY);
    expect(await traceOf(runId)).toEqual(before);
    expect(before).toMatchObject({ begunCount: 2, count: { byAttempt: 2 }, run: { state: 'done', attempts: 2 } });
    await child.kill();
  }, 60_000);

  it.each([
    ['ahead', 5 * HOUR_MS],
    ['behind', -5 * HOUR_MS],
  ])(
    'is neither taken from who is at it nor left lying by an instance whose clock is hours %s',
    async (_how, clockAheadMs) => {
      const { runId, ...run } = newDue();
      const child = process();
      child.send({ ...run, waitMs: 60_000 });
      expect(await said(child)).toBe('working');
      expect(await running(runSomeJob({ ...run, clockAheadMs }))).toBe('run_under_way');
      await child.kill();
      expect(await untilDone({ ...run, clockAheadMs })).toEqual(done(runId));
      expect(await traceOf(runId)).toMatchObject({ begunCount: 2 });
    },
    60_000,
  );

  it('whose clock jumps back hours after it was claimed keeps nobody waiting longer than its lease', async () => {
    const { runId, ...run } = newDue();
    const child = process();
    child.send({ ...run, waitMs: 60_000, clockAheadMs: 5 * HOUR_MS });
    expect(await said(child)).toBe('working');
    await child.kill();
    expect(await untilDone(run)).toEqual(done(runId));
  }, 60_000);

  it(
    'that is killed at any step of its own is done in the end, with one effect',
    async () => {
      const recorded = { ...newDue(), isPlain: true };
      const cells = await cellsOf({ ...recorded, plan: { action: 'record' } });
      const tried = chooseCells(cells, runs(12).numRuns);
      let deaths = 0;
      for (const { point, kind, hit } of tried) {
        const { runId, ...run } = newDue();
        const child = process();
        child.send({ ...run, isPlain: true, leaseMs: 300, plan: { action: 'kill', point, kind, hit } });
        let answer = await said(child);
        if (answer === 'working') answer = await said(child);
        deaths += answer === undefined ? 1 : 0;
        await child.kill();
        expect([point, await untilDone({ ...run, isPlain: true, leaseMs: 300 })]).toEqual([point, done(runId)]);
        const { run: stored, count, begunCount } = await traceOf(runId);
        expect([point, stored, count]).toMatchObject([point, { state: 'done', result: done(runId) }, { of: expect.anything() }]);
        expect(begunCount).toBeLessThanOrEqual(2);
      }
      expect(deaths).toBeGreaterThan(0.6 * tried.length);
    },
    limitMs(150_000),
  );
});

/** What a process comes by that is not disturbed. */
async function cellsOf(run: { due: string; leaseMs: number; plan: Plan }): Promise<Cell[]> {
  const child = process();
  child.send(run);
  const cells: Cell[] = [];
  const counts = new Map<string, number>();
  for (let line = await child.next(); line && !('said' in line && line.said !== 'working'); line = await child.next()) {
    if (!('hit' in line)) continue;
    const key = `${line.hit.point} ${line.hit.kind}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    cells.push({ ...line.hit, hit: counts.get(key)!, turn: line.turn });
  }
  await child.kill();
  return cells;
}
