import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceGenerations, cancelGeneration, type Worker } from '#shared/generation';
import { ProviderFault } from '#shared/music';
import { database } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import type { FaultRequest } from '../../scripts/local/sandbox/index.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { keepLogLines } from '../shared/generation/logLines.ts';
import { askTimes, endTrouble, newWorker, orderingBy, runInTurn } from '../shared/generation/trouble.ts';
import { openStudio, type Studio } from '../support/studio.ts';

process.env['LOG_LEVEL'] = 'info';
const lines = keepLogLines();

let studio: Studio;
let mina: Listener;
/** Two that know nothing of each other but what stands in the database. */
let first: Worker;
let second: Worker;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  first = newWorker(studio);
  second = newWorker(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
});

afterEach(async () => {
  await endTrouble(studio);
  lines.forget();
});

afterAll(async () => {
  lines.stop();
  await studio.close();
});

async function isUp(): Promise<boolean> {
  const db = await database();
  return (await db.doc('dependencies/provider').get()).get('isUp') !== false;
}

async function stateOf(id: string): Promise<string> {
  return (await mina.generation(id)).state;
}

/** Asks so often, and lets the workers in turn send each order under this fault. */
async function failInTurn(times: number, fault: FaultRequest = { name: 'status500' }): Promise<void> {
  studio.sandbox.faults.add({ ...fault, times, at: ['generate'] });
  for (let time = 0; time < times; time += 1) {
    await mina.ask();
    await advanceGenerations(time % 2 === 0 ? first : second);
  }
}

function runBoth(seconds: number, stepS?: number): Promise<void> {
  return runInTurn(studio, [first, second], seconds, stepS);
}

/** Closed by five orders that failed; the balance cannot be asked either. */
async function close(): Promise<void> {
  await failInTurn(5);
  expect(await isUp()).toBe(false);
  studio.sandbox.faults.add({ name: 'status500', at: ['keyInfo'] });
}

async function setCredits(credits: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${studio.sandbox.url}/sandbox/credits`, { method: 'POST', headers, body: JSON.stringify({ credits }) });
}

function told(code: string) {
  return lines.of(code).map(({ severity, why }) => ({ severity, why }));
}

describe('G9: a provider that fails', () => {
  it('is left alone after five failures of all workers together, not after four, and the operator is told once', async () => {
    await failInTurn(4);
    expect(await isUp()).toBe(true);
    expect(told('provider_closed')).toEqual([]);
    await failInTurn(1);
    expect(await isUp()).toBe(false);
    expect(told('provider_closed')).toEqual([{ severity: 'ERROR', why: 'order_fails' }]);
  });

  it('is not left alone when an order succeeds in between', async () => {
    await failInTurn(4);
    await failInTurn(1, { name: 'slow', delayMs: 0 });
    await failInTurn(4);
    expect(await isUp()).toBe(true);
  });

  it('by its answers about songs in the making is left alone as well: orders, too', async () => {
    const making = await askTimes(mina, 1);
    await advanceGenerations(first);
    studio.sandbox.faults.add({ name: 'html502', at: ['tasks'] });
    for (let passed = 0; passed < 60 && (await isUp()); passed += 3) await runBoth(3);
    expect(await isUp()).toBe(false);
    expect(told('provider_closed')).toEqual([{ severity: 'ERROR', why: 'follow_fails' }]);
    studio.sandbox.faults.delete();
    await runBoth(60);
    expect(await isUp()).toBe(true);
    expect(await stateOf(making[0] ?? '')).toBe('ready');
  });
});

describe('G9: while the provider is left alone', () => {
  it('nothing is sent or asked, new songs are refused with the reason, and songs in the making go on when it is back', async () => {
    const [making = ''] = await askTimes(mina, 1);
    await advanceGenerations(first);
    await close();
    const [queued = ''] = await askTimes(mina, 1);
    const { generate, tasks } = studio.sandbox.calls();
    await runBoth(120, 12);
    expect(studio.sandbox.calls()).toMatchObject({ generate, tasks });
    expect([await stateOf(making), await stateOf(queued)]).toEqual(['submitted', 'queued']);

    const { status, headers, problem } = await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token });
    expect({ status, code: problem?.code }).toEqual({ status: 503, code: 'feature_unavailable' });
    expect(problem).toMatchObject({ feature: 'generation', reason: 'provider' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);

    studio.sandbox.faults.delete();
    await runBoth(100, 5);
    expect([await stateOf(making), await stateOf(queued)]).toEqual(['ready', 'ready']);
    expect(studio.sandbox.calls().generate).toBe(generate + 1);
    expect((await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token })).status).toBe(202);
  });

  it('the operator hears of it once, however long it lasts and however often it is tried, and again of the next time', async () => {
    await close();
    await runBoth(60, 15);
    studio.sandbox.faults.delete('status500');
    studio.sandbox.faults.add({ name: 'status500', at: ['generate'] });
    await askTimes(mina, 4);
    await runBoth(90, 5);
    expect(told('provider_still_closed').length).toBeGreaterThan(1);
    expect(lines.all().filter(({ severity }) => severity === 'ERROR')).toHaveLength(1);

    studio.sandbox.faults.delete();
    await mina.ask();
    await runBoth(60, 5);
    expect(lines.of('provider_open')).toHaveLength(1);
    await failInTurn(5);
    expect(told('provider_closed')).toHaveLength(2);
  });
});

describe('G9: a provider that was left alone', () => {
  it('is asked for our credit after 15 s, which costs nothing, and by one worker', async () => {
    await failInTurn(5);
    const { keyInfo } = studio.sandbox.calls();
    await runBoth(14, 7);
    expect(studio.sandbox.calls().keyInfo).toBe(keyInfo);
    await runBoth(1, 1);
    expect(studio.sandbox.calls().keyInfo).toBe(keyInfo + 1);
    expect(await isUp()).toBe(true);
  });

  it.each<FaultRequest['name']>(['keyRefused401', 'outOfCredit'])('after %s is asked for it after 30 s', async (name) => {
    await failInTurn(1, { name });
    expect(await isUp()).toBe(false);
    const { keyInfo } = studio.sandbox.calls();
    await runBoth(29, 29);
    expect(studio.sandbox.calls().keyInfo).toBe(keyInfo);
    await runBoth(1, 1);
    expect(studio.sandbox.calls().keyInfo).toBe(keyInfo + 1);
    expect(await isUp()).toBe(true);
  });

  it('stays alone while our account has less than one song costs', async () => {
    await failInTurn(1, { name: 'outOfCredit' });
    const had = studio.sandbox.credits();
    await setCredits(2);
    await runBoth(120, 30);
    expect(await isUp()).toBe(false);
    await setCredits(had);
    await runBoth(30, 30);
    expect(await isUp()).toBe(true);
  });

  it('gets one order at a time, and all of them when one was accepted', async () => {
    await failInTurn(5);
    const waiting = await askTimes(mina, 6);
    studio.clock.advance(16_000);
    await advanceGenerations(first); // the probe
    expect(lines.of('generation_open')).toHaveLength(1);
    studio.clock.advance(16_000);
    const { generate } = studio.sandbox.calls();
    await Promise.all([advanceGenerations(hesitating(first)), advanceGenerations(hesitating(second))]);
    expect(studio.sandbox.calls().generate).toBe(generate + 1);
    await runBoth(80, 8);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(Array(6).fill('ready'));
    expect(studio.sandbox.calls().generate).toBe(generate + 6);
  });

  it('loses at most one request each time it is tried, while our balance looks well and orders fail', async () => {
    await failInTurn(5);
    studio.sandbox.faults.add({ name: 'acceptedThen500', at: ['generate'] });
    await askTimes(mina, 8);
    const before = studio.sandbox.calls();
    await runBoth(90, 5);
    const after = studio.sandbox.calls();
    const [tried, lost] = [after.keyInfo - before.keyInfo, after.generate - before.generate];
    expect(lost).toBeGreaterThan(2);
    expect(lost).toBeLessThanOrEqual(tried);
  });

  it('is up again also when the one who had asked for that song does not want it any more', async () => {
    await failInTurn(5);
    const id = await mina.ask();
    studio.clock.advance(16_000);
    await advanceGenerations(first);
    studio.clock.advance(16_000);
    const unwanted = orderingBy(first, async (...given) => {
      const accepted = await first.provider.submit(...given);
      await cancelGeneration(id, new Date(studio.clock.now()));
      return accepted;
    });
    await advanceGenerations(unwanted);
    expect(lines.of('provider_open')).toHaveLength(1);
  });

  it('is tried by another worker when the one who tried it has died', async () => {
    await failInTurn(5);
    const [lost = '', ...others] = await askTimes(mina, 2);
    studio.clock.advance(16_000);
    await advanceGenerations(first);
    studio.clock.advance(16_000);
    const { promise: asked, resolve: asks } = Promise.withResolvers<void>();
    const { promise: never, reject: end } = Promise.withResolvers<never>();
    const dying = orderingBy(first, () => {
      asks();
      return never;
    });
    const run = advanceGenerations(dying);
    await asked;
    await runBoth(57, 19);
    const states = await Promise.all([lost, ...others].map(stateOf));
    expect(states.sort()).toEqual(['queued', 'submitting']);
    await runBoth(60, 10);
    expect((await Promise.all([lost, ...others].map(stateOf))).sort()).toEqual(['ready', 'unknown']);
    end(new ProviderFault('unknown', { reason: 'killed' }));
    await run;
  });
});

/** Whoever asks at the same moment meets it still waiting for the answer. */
function hesitating(worker: Worker): Worker {
  return orderingBy(worker, async (...given) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return worker.provider.submit(...given);
  });
}
