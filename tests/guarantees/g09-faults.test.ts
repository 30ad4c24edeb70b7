import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { FAULTS, type FaultName, type Place } from '../../scripts/local/sandbox/index.ts';
import { answeringSlowly } from '../shared/generation/answeringSlowly.ts';
import { endsAt, FAULT_ENDS, type OrderEnd } from '../shared/generation/faultTable.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';

/** On a machine that does ten things at once. */
const LONGEST_MS = 150_000;

let studio: Studio;
let mina: Listener;

/** Gives up waiting for an answer so soon: the only time that is real here. The breaker has tests of its own. */
const bounds = { submitMs: 400, atOnce: 50, breaker: { failures: 1_000, withinMs: 1, openMs: 1, trialMs: 1 } };

/** When the worker runs, in seconds after all was asked for, and when it is looked how all orders stand. */
const RUNS_S = [0, 3, 12, 24, 45, 150, 598, 601, 895, 920];
const LOOKS_S = [0, 45, 598, 601, 895, 920];
const PATHS: Record<OrderEnd, string[]> = {
  made: ['submitted', 'ready', 'ready', 'ready', 'ready', 'ready'],
  oneSong: ['submitted', 'ready', 'ready', 'ready', 'ready', 'ready'],
  firstFails: ['submitted', 'ready', 'ready', 'ready', 'ready', 'ready'],
  secondFails: ['submitted', 'ready', 'ready', 'ready', 'ready', 'ready'],
  queuedAgain: ['queued', 'ready', 'ready', 'ready', 'ready', 'ready'],
  bothFail: ['submitted', 'failed', 'failed', 'failed', 'failed', 'failed'],
  unknown: ['unknown', 'unknown', 'unknown', 'failed', 'failed', 'failed'],
  timesOut: ['submitted', 'submitted', 'submitted', 'submitted', 'submitted', 'failed'],
  rejected: ['failed', 'failed', 'failed', 'failed', 'failed', 'failed'],
  refused: ['failed', 'failed', 'failed', 'failed', 'failed', 'failed'],
  outOfCredit: ['failed', 'failed', 'failed', 'failed', 'failed', 'failed'],
};

/** What its owner sees of it in the end: the failure of the whole, and the state or failure of each song. */
const SEEN: Record<OrderEnd, { code: string | undefined; songs: string[] }> = {
  made: { code: undefined, songs: ['ready', 'ready'] },
  oneSong: { code: undefined, songs: ['ready'] },
  queuedAgain: { code: undefined, songs: ['ready', 'ready'] },
  firstFails: { code: undefined, songs: ['provider_failed', 'ready'] },
  secondFails: { code: undefined, songs: ['ready', 'provider_failed'] },
  bothFail: { code: 'provider_failed', songs: ['provider_failed', 'provider_failed'] },
  unknown: { code: 'provider_outcome_unknown', songs: [] },
  timesOut: { code: 'provider_timeout', songs: ['provider_timeout', 'provider_timeout'] },
  rejected: { code: 'provider_rejected', songs: [] },
  refused: { code: 'provider_refused', songs: [] },
  outOfCredit: { code: 'provider_out_of_credit', songs: [] },
};

const ROWS = endsAt('generate');
const ids = new Map<FaultName, string>();
const paths = new Map<FaultName, string[]>(ROWS.map(([name]) => [name, []]));
const isClosedAfter = new Map<FaultName, boolean>();

/** Every order is struck by its own fault as it leaves; then all of them live through the same 15 minutes. */
beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
  for (const [name] of ROWS) {
    await orderUnder(name);
    isClosedAfter.set(name, (await db.doc('dependencies/provider').get()).get('isUp') === false);
    await db.doc('dependencies/provider').delete();
    await db.doc('generationWork/probe_provider').delete();
  }
  const startMs = studio.clock.now();
  for (const runS of RUNS_S) {
    studio.clock.advance(startMs + runS * 1000 - studio.clock.now());
    if (runS > 0) await studio.runWorker({ bounds });
    if (!LOOKS_S.includes(runS)) continue;
    for (const [name, path] of paths) path.push((await mina.generation(ids.get(name) ?? '')).state);
  }
}, LONGEST_MS);

afterAll(() => studio.close());

async function orderUnder(name: FaultName): Promise<void> {
  const fault = studio.sandbox.faults.add({ name, times: 1, at: ['generate'] });
  ids.set(name, await mina.ask());
  await answeringSlowly(studio, studio.runWorker({ bounds }));
  expect(studio.sandbox.requests().at(-1)).toMatchObject({ place: 'generate', faults: [fault.name] });
}

describe('G9: every fault that the provider is known for', () => {
  it('has an end in the table, at every place where it can strike', () => {
    const places = Object.entries(FAULTS).map(([name, { at, ...more }]: [string, { at: readonly Place[]; also?: readonly Place[] }]) => {
      return [name, [...at, ...(more.also ?? [])].sort()];
    });
    const inTable = Object.entries(FAULT_ENDS).map(([name, ends]) => [name, Object.keys(ends).sort()]);
    expect(Object.fromEntries(inTable)).toEqual(Object.fromEntries(places));
  });
});

describe('G9: an order that is struck as it leaves', () => {
  it.each(ROWS)('by %s ends as %s, within its bound, with its credit spent or back', async (name, end) => {
    const id = ids.get(name) ?? '';
    const { failure, songs, credits } = await mina.generation(id);
    const seen = { path: paths.get(name), code: failure?.code, songs: songs.map((song) => song.failure?.code ?? song.state) };
    expect(seen).toEqual({ path: PATHS[end], ...SEEN[end] });
    const isSpent = SEEN[end].code === undefined;
    expect(credits).toEqual({ reserved: 1, settled: isSpent ? 1 : 0, released: isSpent ? 0 : 1 });
    expect(await mina.creditEvents(id)).toEqual(isSpent ? ['reserve', 'settle'] : ['release', 'reserve']);
    expect(isClosedAfter.get(name)).toBe(end === 'refused' || end === 'outOfCredit');
  });

  it.each<[FaultName, string]>([
    ['invalidParameter', 'style contains an artist name'],
    ['schema422', 'Input should be one of the models'],
    ['detailWithoutStatus', 'Field required'],
  ])('by %s is told to its owner in the words of the provider', async (name, words) => {
    expect((await mina.generation(ids.get(name) ?? '')).failure?.detail).toContain(words);
  });

  it('is sent once, and again only when it certainly did not arrive', () => {
    const again = ROWS.filter(([, end]) => end === 'queuedAgain').length;
    expect(studio.sandbox.calls().generate).toBe(ROWS.length + again);
  });

  it('is counted for what it costs at the provider, and as a possible loss when nobody knows', async () => {
    const db = await database();
    const days = (await db.collection('quotas').where('day', '>', '').get()).docs;
    const sum = (field: string) => days.reduce((total, day) => total + Number(day.get(field) ?? 0), 0);
    const free: OrderEnd[] = ['rejected', 'refused', 'outOfCredit'];
    expect(sum('providerCredits')).toBe(3 * ROWS.filter(([, end]) => !free.includes(end)).length);
    expect(sum('unknownCredits')).toBe(3 * ROWS.filter(([, end]) => end === 'unknown').length);
  });

  it('leaves the books right', async () => {
    const { balance, sum } = await mina.credits();
    expect(balance).toBe(sum);
  });
});
