/** The provider hangs or fails: does anybody notice who only looks at songs? */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeDatabase, database } from '#shared/runtime';
import { showCount } from '../import/showCount.ts';
import { type LocalCloud, startLocalCloud } from '../local/localCloud.ts';
import { freePort } from '../local/processes/port.ts';
import { liftBudget } from './askForSongs.ts';
import { type BenchSandbox, startBenchSandbox } from './benchCloud.ts';
import type { Benchmark, Given } from './benchmark.ts';
import { mustEnd } from './endings.ts';
import { ask, giveSongs, look, type Person, signUpPeople } from './listeners.ts';
import { CONDITIONS, type Condition, type Round, reportProvider } from './providerReport.ts';

/** The sandbox's fault that makes the provider so. */
const FAULTS: Record<Condition, string | undefined> = { idle: undefined, well: undefined, fails: 'status503', hangs: 'silence' };

/** A provider that has been in trouble is tried again by and by. */
const OPEN_MS = 180_000;
const QUIET_MS = 60_000;

export const provider: Benchmark = {
  name: 'provider',
  summary: 'how fast listSongs answers while the provider is well, fails, and hangs',
  options: {
    rounds: { default: '5', says: 'rounds, each with all conditions, one after the other' },
    seconds: { default: '10', says: 'seconds of each condition' },
    looks: { default: '20', says: 'calls of listSongs in a second' },
    asks: { default: '1', says: 'calls of createSong in a second' },
    settleS: { default: '35', says: 'seconds after a hanging provider, until its calls have run into their limits' },
  },
  run,
};

async function run(given: Given): Promise<boolean> {
  const line = showCount();
  line.update('starting everything that npm start starts');
  const bench = await start();
  try {
    await prepare(bench, given);
    const rounds: Round[] = [];
    for (let index = 0; index < given.number('rounds'); index += 1) {
      // Each round begins with another one: what comes after what must not matter.
      const first = index % CONDITIONS.length;
      for (const condition of [...CONDITIONS.slice(first), ...CONDITIONS.slice(0, first)]) {
        line.update(`round ${index + 1} of ${given.number('rounds')}: ${condition}`);
        rounds.push(await measure(bench, condition, given));
      }
    }
    line.end();
    console.log(reportProvider(rounds));
    return rounds.every(({ faults }) => faults === 0);
  } finally {
    line.end();
    await closeDatabase();
    await bench.close();
  }
}

interface Bench {
  url: string;
  sandbox: BenchSandbox;
  lookers: Person[];
  askers: Person[];
  close(): Promise<void>;
}

/** All functions in one process, the worker among them: what one of them holds up, the others feel more than in production. */
async function start(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-bench-'));
  const sandbox = await startBenchSandbox(directory, { soundSeconds: 1, pace: { finalFromMs: 2_000, finalToMs: 4_000 } });
  let cloud: LocalCloud | undefined;
  const close = mustEnd(async () => {
    await cloud?.stop();
    await sandbox.close();
    await rm(directory, { recursive: true, force: true });
  });
  try {
    const port = await freePort();
    cloud = await startLocalCloud({
      directory: join(directory, 'cloud'),
      root: join(import.meta.dirname, '..', '..'),
      port,
      outside: { ...process.env, ...sandbox.settings, TRUSTED_PROXY_HOPS: '1', LOG_LEVEL: 'warn' },
      instances: undefined,
      progress: { step: (_name, work) => work, say: () => undefined },
    });
    Object.assign(process.env, cloud.settings); // for what of the service runs in this process
    return { url: `http://127.0.0.1:${port}/v1`, sandbox, lookers: [], askers: [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(bench: Bench, given: Given): Promise<void> {
  await liftBudget();
  bench.lookers = await signUpPeople(bench.url, Math.ceil(given.number('looks'))); // each once a second: within the limit of one person
  for (const looker of bench.lookers) await giveSongs(looker, 20);
  bench.askers = await signUpPeople(bench.url, Math.ceil(given.number('asks') * 20));
  const db = await database();
  for (const { uid } of bench.askers) await db.doc(`quotas/${uid}`).set({ songsPerDay: 10_000 }, { merge: true });
  await look(bench.url, bench.lookers, { forMs: 5_000, perSecond: given.number('looks') }); // warm
}

async function measure(bench: Bench, condition: Condition, given: Given): Promise<Round> {
  const { url, sandbox, lookers, askers } = bench;
  await untilOpen(bench);
  if (condition === 'idle') await untilNothingIsDue();
  const fault = FAULTS[condition];
  if (fault) await sandbox.ask('POST', '/sandbox/faults', { name: fault });
  const before = await countCalls(sandbox);
  const end = new AbortController();
  const asking = condition === 'idle' ? Promise.resolve({}) : ask(url, askers, given.number('asks'), end.signal);
  await sleep(LEAD_MS);
  const looked = await look(url, lookers, { forMs: given.number('seconds') * 1000, perSecond: given.number('looks') });
  end.abort();
  const providerCalls = (await countCalls(sandbox)) - before;
  await sandbox.ask('DELETE', '/sandbox/faults');
  const asked = await asking;
  if (condition === 'hangs') await sleep(given.number('settleS') * 1000);
  return { ...looked, condition, asked, providerCalls };
}

/** Until the worker is at it. */
const LEAD_MS = 2_000;

/** What the trouble before has closed opens with the first song that the provider takes again. */
async function untilOpen({ url, askers }: Bench): Promise<void> {
  const db = await database();
  const endsAtMs = performance.now() + OPEN_MS;
  while (performance.now() < endsAtMs) {
    const state = await db.doc('dependencies/provider').get();
    if (state.get('isUp') !== false && state.get('isOnTrial') !== true) return;
    await ask(url, askers, 1, AbortSignal.timeout(2_000));
  }
  throw new Error(`The provider is not open again ${OPEN_MS / 1000} s after its trouble`);
}

/** The songs of the round before are made, covers included; what waits for longer than this may wait. */
async function untilNothingIsDue(): Promise<void> {
  const db = await database();
  const endsAtMs = performance.now() + QUIET_MS;
  while (performance.now() < endsAtMs && !(await db.collection('generationWork').orderBy('dueAt').limit(1).get()).empty) await sleep(500);
}

async function countCalls(sandbox: BenchSandbox): Promise<number> {
  const { calls } = await sandbox.ask<{ calls: Record<string, number> }>('GET', '/sandbox');
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
