/** The connection to the database is lost at any moment in the life of a request, in either direction, and comes back. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import { findViolations, sweep } from '../crashPoints/invariants.ts';
import { type Cut, type CutOff, cutAt, cutsWithin, openCutOff } from '../faults/cutOff.ts';
import { askUntilTaken, liveOut, PROMPT } from '../faults/liveOut.ts';
import type { Side } from '../faults/tcpProxy.ts';
import { tokenNow } from '../faults/tokenNow.ts';
import { faultsOfTraces, tracesOf } from '../faults/traces.ts';
import { announceSeed, isLong, limitMs } from '../support/runs.ts';

let place: CutOff;

beforeAll(async () => {
  announceSeed('the database is cut off');
  place = await openCutOff();
});

afterAll(() => place?.close());

const NEVER: Cut = { side: 'client', n: 0, downMs: 0 };

/** One request after the other, each cut off once. @returns what went wrong, and how many chunks the last one took */
async function tryCuts(cuts: Cut[], live: (cut: Cut) => Promise<string[]>): Promise<{ faults: string[]; chunks: Record<Side, number> }> {
  const faults: string[] = [];
  for (const cut of cuts) {
    const { isDone } = { isDone: cutAt(place, cut) };
    const found = await live(cut);
    faults.push(...found.map((fault) => `${JSON.stringify({ ...cut, ...isDone })}: ${fault}`));
  }
  return { faults, chunks: { ...place.proxy.counted() } };
}

/** Asked for with a key, made, heard. */
async function wholeLife(): Promise<string[]> {
  const { studio, mina } = place;
  const accepted = studio.sandbox.accepted();
  const { life, answers } = await askUntilTaken(studio, mina);
  await liveOut(studio, [life]);
  const violations = await findViolations({ studio }, [life], accepted);
  const { state } = await mina.generation(life.generationId);
  await sweep({ studio });
  return [...oddAnswers(answers), ...violations, ...(state === 'ready' ? [] : [`it is ${state}`])];
}

/** Asked for once. Whatever the answer is: as many requests as credits taken, and one when it was a yes. */
async function askedOnce(key: string | undefined): Promise<string[]> {
  const { studio, mina } = place;
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const before = await tracesOf(mina);
  const ask = () => studio.service.call(createSong, { prompt: PROMPT }, { token: tokenNow(studio, mina), headers });
  const answers = [await ask()];
  if (key !== undefined && answers[0]?.status === 503) {
    studio.clock.advance(10_000);
    answers.push(await ask());
  }
  const traces = await tracesOf(mina, before);
  const faults = await faultsOfTraces(mina, traces);
  await sweep({ studio });
  const wasTaken = answers.some(({ status }) => status === 202);
  const mayBeNone = key === undefined && !wasTaken;
  const { length } = traces.requests;
  return [
    ...oddAnswers(answers.map(({ status }) => status)),
    ...(length === 1 || (length === 0 && mayBeNone) ? faults : [...faults, `${length} requests`]),
  ];
}

function oddAnswers(answers: number[]): string[] {
  const odd = answers.filter((status) => status !== 202 && status !== 503);
  return odd.length === 0 ? [] : [`createSong answered ${answers}`];
}

describe('G1: the connection to the database is lost and comes back', () => {
  it(
    'while a song is asked for, with a key or without: one request and one credit, and no answer but 202 and 503',
    async () => {
      let number = 0;
      const live = () => {
        number += 1;
        return askedOnce(number % 2 === 0 ? `key-${number}` : undefined);
      };
      const { chunks } = await tryCuts([NEVER, NEVER], live);
      const answersLost = Array.from({ length: chunks.server }, (_, index): Cut => ({ side: 'server', n: index + 1, downMs: 0 }));
      const { faults } = await tryCuts([...answersLost, ...cutsWithin({ client: chunks.client, server: 0 }, 3)], live);
      expect(faults).toEqual([]);
    },
    limitMs(120_000),
  );

  it(
    'anywhere between the first call and the last cover: it is ready all the same, ordered once, and nothing is left over',
    async () => {
      const undisturbed = await tryCuts([NEVER, NEVER], wholeLife);
      expect(undisturbed.faults).toEqual([]);
      const { faults } = await tryCuts(cutsWithin(undisturbed.chunks, 8), wholeLife);
      expect(faults).toEqual([]);
    },
    limitMs(180_000),
  );

  it('while it is away, createSong says so within 5 s and a run of the worker comes to an end; when it is back, all is made', async () => {
    const { studio, mina, proxy } = place;
    const accepted = studio.sandbox.accepted();
    const { life } = await askUntilTaken(studio, mina);
    proxy.cut();
    const startedAt = performance.now();
    const run = studio.runWorker().catch(() => 'failed');
    const { status, problem, headers } = await studio.service.call(createSong, { prompt: PROMPT }, { token: tokenNow(studio, mina) });
    const tookMs = performance.now() - startedAt;
    proxy.join();
    await run;
    expect({ status, code: problem?.code, again: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'feature_unavailable',
      again: '10',
    });
    expect(tookMs).toBeLessThan(5_000);
    await liveOut(studio, [life]);
    expect(await findViolations({ studio }, [life], accepted)).toEqual([]);
    await sweep({ studio });
  });

  // The client asks for a sign of life every 30 s.
  if (isLong) {
    it('a connection that carries nothing any more is given up, and the call answered on another', async () => {
      const { studio, mina, proxy } = place;
      const db = await database();
      await db.doc('settings/service').get();
      proxy.forget();
      const startedAt = performance.now();
      expect((await db.doc(`quotas/${mina.uid}`).get()).exists).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(50_000);
      expect((await askUntilTaken(studio, mina)).answers).toEqual([202]);
      await sweep({ studio });
    }, 60_000);
  }
});
