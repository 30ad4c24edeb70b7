/** The database stands still with all its connections open, and goes on later: nobody is told, and every answer comes late. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSong } from '../../functions/songs/createSong.ts';
import { getGeneration } from '../../functions/songs/getGeneration.ts';
import { findViolations, sweep } from '../crashPoints/invariants.ts';
import { type CutOff, cutsWithin, openCutOff } from '../faults/cutOff.ts';
import { askUntilTaken, liveOut, PROMPT } from '../faults/liveOut.ts';
import { type PausableEmulator, startPausableEmulator } from '../faults/pausableEmulator.ts';
import type { Side } from '../faults/tcpProxy.ts';
import { tokenNow } from '../faults/tokenNow.ts';
import { faultsOfTraces, type Traces, tracesOf } from '../faults/traces.ts';
import { announceSeed, isLong, limitMs } from '../support/runs.ts';

let emulator: PausableEmulator;
let place: CutOff;

beforeAll(async () => {
  announceSeed('the database is paused');
  emulator = await startPausableEmulator();
  place = await openCutOff(emulator.host);
}, 60_000);

afterAll(async () => {
  await place?.close();
  await emulator?.close();
});

const LEASE_MS = 60_000;
const PAUSE_MS = 500;

interface Lived {
  violations: string[];
  chunks: Record<Side, number>;
}

/** A whole life; with the `n`-th chunk of this side the database stands still while a lease runs out and a second worker comes. */
async function liveThrough(side: Side, n: number): Promise<Lived> {
  const { studio, mina, proxy } = place;
  const accepted = studio.sandbox.accepted();
  const { life } = await askUntilTaken(studio, mina);
  const pauses: Promise<unknown>[] = [];
  proxy.at(
    (from, count) => from === side && count === n,
    () => {
      emulator.pause();
      studio.clock.advance(LEASE_MS + 1_000);
      pauses.push(
        studio.runWorker().catch(() => undefined),
        sleep(PAUSE_MS).then(emulator.resume),
      );
    },
  );
  await liveOut(studio, [life], () => Promise.all(pauses));
  const chunks = { ...proxy.counted() };
  const violations = await findViolations({ studio }, [life], accepted);
  await sweep({ studio });
  return { violations, chunks };
}

function call(key: string) {
  const { studio, mina } = place;
  return studio.service.call(createSong, { prompt: PROMPT }, { token: tokenNow(studio, mina), headers: { 'idempotency-key': key } });
}

/** One request and one credit, since then. */
async function expectOne(before: Traces): Promise<void> {
  const traces = await tracesOf(place.mina, before);
  expect(traces.requests).toHaveLength(1);
  expect(await faultsOfTraces(place.mina, traces)).toEqual([]);
}

describe('G1: the database stands still and goes on', () => {
  it(
    'for longer than a lease, anywhere in the work of a worker, and another one comes: it ends ready, or failed with the credit back',
    async () => {
      const { chunks, violations } = await liveThrough('client', 0);
      expect(violations).toEqual([]);
      const faults: string[] = [];
      for (const { side, n } of cutsWithin(chunks, 6)) {
        const lived = await liveThrough(side, n);
        faults.push(...lived.violations.map((fault) => `${side} ${n}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
    limitMs(180_000),
  );

  it('for a moment: createSong and getGeneration are answered when it goes on, and one key is one request', async () => {
    const { studio, mina } = place;
    const first = await call(randomUUID());
    const { generationId } = first.body.generation;
    const before = await tracesOf(mina);
    emulator.pause();
    const key = randomUUID();
    const answering = Promise.all([
      call(key),
      call(key),
      studio.service.call(getGeneration, { generationId }, { token: tokenNow(studio, mina) }),
    ]);
    await sleep(1_000);
    emulator.resume();
    const [one, other, got] = await answering;
    expect([one.status, other.status, got.status]).toEqual([202, 202, 200]);
    expect(other.body.generation.generationId).toBe(one.body.generation.generationId);
    await expectOne(before);
    await sweep({ studio });
  });

  it('for long: createSong says within 5 s that it cannot, getGeneration within its own 30 s; a repetition later is one request', async () => {
    const { studio, mina } = place;
    const { generationId } = (await call(randomUUID())).body.generation;
    const before = await tracesOf(mina);
    emulator.pause();
    const startedAt = performance.now();
    const getting = studio.service.call(getGeneration, { generationId }, { token: tokenNow(studio, mina) });
    const key = randomUUID();
    const { status, problem, headers } = await call(key);
    const tookMs = performance.now() - startedAt;
    if (isLong) expect((await getting).problem).toMatchObject({ status: 503, code: 'feature_unavailable' });
    emulator.resume();
    expect({ status, code: problem?.code, again: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'feature_unavailable',
      again: '10',
    });
    expect(tookMs).toBeLessThan(5_000);
    if (!isLong) expect((await getting).status).toBe(200);
    studio.clock.advance(10_000);
    expect((await call(key)).status).toBe(202);
    await expectOne(before);
    await sweep({ studio });
  }, 60_000);
});
