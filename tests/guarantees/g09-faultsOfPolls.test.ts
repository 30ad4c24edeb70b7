import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type MusicProvider, type ProviderFault, topMediai } from '#shared/music';
import { database } from '#shared/runtime';
import type { FaultName } from '../../scripts/local/sandbox/index.ts';
import { answeringSlowly } from '../shared/generation/answeringSlowly.ts';
import { endsAt, type PollEnd } from '../shared/generation/faultTable.ts';
import { type Listener, newListener, taskIdsOf } from '../shared/generation/listener.ts';
import { type OwnWorker, openStudio, type Studio } from '../support/studio.ts';

/** On a machine that does ten things at once. */
const LONGEST_MS = 150_000;

let studio: Studio;
let mina: Listener;
let provider: MusicProvider;
let worker: OwnWorker;

/** Waits so long for an answer: the only time that is real here. */
const LIMIT_MS = 300;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
  const timeouts = { tasksMs: LIMIT_MS, creditsMs: LIMIT_MS, lyricsMs: LIMIT_MS };
  provider = topMediai({ baseUrl: studio.sandbox.url, apiKey: 'studio-key', timeouts });
  // One request at a time is asked for, so that each poll is struck by its own fault only. The breaker has tests of its own.
  worker = { provider, bounds: { atOnce: 1, breaker: { failures: 10_000, withinMs: 1, openMs: 1, trialMs: 1 } } };
});

afterAll(() => studio.close());

describe('G9: a song of which every poll is struck', () => {
  /**
   * When the worker runs, in seconds after the provider has accepted all songs, and when it is looked how they stand. Slow answers
   * move the time on within a run: what waits its 10 s in one is due in the next all the same.
   */
  const RUNS_S = [3, 20, 40, 60, 80, 890, 916];
  const LOOKS_S = [80, 890, 916];
  const PATHS: Record<PollEnd, string[]> = {
    made: ['ready', 'ready', 'ready'],
    coverDrawn: ['ready', 'ready', 'ready'],
    firstTimesOut: ['ready', 'ready', 'ready'],
    timesOut: ['submitted', 'submitted', 'failed'],
    badAudio: ['failed', 'failed', 'failed'],
  };
  const SEEN: Record<PollEnd, { code: string | undefined; songs: string[]; hasCover: boolean[] }> = {
    made: { code: undefined, songs: ['ready', 'ready'], hasCover: [true, true] },
    coverDrawn: { code: undefined, songs: ['ready', 'ready'], hasCover: [true, true] },
    firstTimesOut: { code: undefined, songs: ['provider_timeout', 'ready'], hasCover: [false, true] },
    timesOut: { code: 'provider_timeout', songs: ['provider_timeout', 'provider_timeout'], hasCover: [false, false] },
    badAudio: { code: 'provider_bad_audio', songs: ['provider_bad_audio', 'provider_bad_audio'], hasCover: [false, false] },
  };
  const ROWS = endsAt('tasks');
  const ids = new Map<FaultName, string>();
  const paths = new Map<FaultName, string[]>(ROWS.map(([name]) => [name, []]));

  beforeAll(async () => {
    for (const [name] of ROWS) ids.set(name, await mina.ask());
    await studio.runWorker();
    for (const [name, id] of ids) {
      // Each of both songs: when the other one has ended, it is asked for alone.
      for (const match of await taskIdsOf(id)) studio.sandbox.faults.add({ name, at: ['tasks'], match });
    }
    const startMs = studio.clock.now();
    for (const runS of RUNS_S) {
      studio.clock.advance(Math.max(0, startMs + runS * 1000 - studio.clock.now())); // slow answers have moved it on, too
      await answeringSlowly(studio, studio.runWorker(worker));
      if (!LOOKS_S.includes(runS)) continue;
      for (const [name, path] of paths) path.push((await mina.generation(ids.get(name) ?? '')).state);
    }
  }, LONGEST_MS);

  afterAll(() => studio.sandbox.faults.delete());

  it.each(ROWS)('by %s ends as %s, with its credit spent or back', async (name, end) => {
    const id = ids.get(name) ?? '';
    const { failure, songs, credits } = await mina.generation(id);
    const seen = {
      path: paths.get(name),
      code: failure?.code,
      songs: songs.map((song) => song.failure?.code ?? song.state),
      hasCover: (await mina.songs(id)).map(({ hasCover }) => hasCover),
    };
    expect(seen).toEqual({ path: PATHS[end], ...SEEN[end] });
    const isSpent = SEEN[end].code === undefined;
    expect(credits).toEqual({ reserved: 1, settled: isSpent ? 1 : 0, released: isSpent ? 0 : 1 });
    expect(await mina.creditEvents(id)).toEqual(isSpent ? ['reserve', 'settle'] : ['release', 'reserve']);
  });

  it('was ordered once, and no preview is fetched', () => {
    expect(studio.sandbox.calls()).toMatchObject({ generate: ROWS.length, preview: 0 });
  });

  it('leaves the books right', async () => {
    const { balance, sum } = await mina.credits();
    expect(balance).toBe(sum);
  });
});

describe('G9: while generation is closed, a probe that is struck', () => {
  afterEach(() => studio.sandbox.faults.delete());

  it.each(endsAt('keyInfo'))('by %s: generation %s', async (name, end) => {
    const db = await database();
    const [state, probe] = [db.doc('dependencies/provider'), db.doc('generationWork/probe_provider')];
    const now = new Date(studio.clock.now());
    await state.set({ isUp: false, why: 'refused', unproven: ['order'], changedAt: now });
    await probe.set({ kind: 'probe', what: 'provider', dueAt: now });
    studio.sandbox.faults.add({ name, at: ['keyInfo'] });
    const calls = studio.sandbox.calls();
    await answeringSlowly(studio, studio.runWorker(worker));
    expect((await state.get()).get('isUp')).toBe(end === 'opens');
    expect((await probe.get()).exists).toBe(end !== 'opens');
    expect(studio.sandbox.calls()).toEqual({ ...calls, keyInfo: calls.keyInfo + 1 });
  });
});

describe('G9: a request for lyrics that is struck', () => {
  afterEach(() => studio.sandbox.faults.delete());

  it.each(endsAt('lyrics'))('by %s ends as %s, and is sent once', async (name, end) => {
    studio.sandbox.faults.add({ name, at: ['lyrics'] });
    const calls = studio.sandbox.calls().lyrics;
    const written = provider.writeLyrics('paper boats').then(
      () => 'written',
      (error: ProviderFault) => error.kind,
    );
    expect(await answeringSlowly(studio, written)).toBe(end);
    expect(studio.sandbox.calls().lyrics).toBe(calls + 1);
  });
});
