/** Many songs in the making at once, and some workers: do all get finished, and does each cost as much as the first? */
import { setTimeout as sleep } from 'node:timers/promises';
import { closeDatabase, database } from '#shared/runtime';
import { showCount } from '../import/showCount.ts';
import { askForSongs, liftBudget } from './askForSongs.ts';
import { type BenchCloud, startBenchCloud } from './benchCloud.ts';
import type { Benchmark, Given } from './benchmark.ts';
import { type Outcome, reportGeneration, type TaskPolls } from './generationReport.ts';
import { startWorkerCrew, type WorkerCrew } from './workerCrew.ts';

const PROMPT = 'a calm song about paper boats';
const SLOW_PROMPT = 'a slow tide that takes its time';
/** No worker has taken anything up for so long: what is left will never be done. */
const STALLED_MS = 180_000;

export const generation: Benchmark = {
  name: 'generation',
  summary: 'many songs in the making at once: what each costs, and whether they hold one another up',
  options: {
    requests: { default: '2000', says: 'requests for songs, all asked for before the workers start' },
    workers: { default: '3', says: 'worker processes' },
    users: { default: '200', says: 'people who ask' },
    finalS: { default: '8', says: 'seconds that the provider takes for a song, give or take a quarter' },
    slowS: { default: '25', says: 'seconds that the sound of one song takes to begin; 0: none does' },
    storage: { default: 'gcs', says: 'gcs: the local GCS server; local: a directory' },
  },
  run,
};

async function run(given: Given): Promise<boolean> {
  const line = showCount();
  const finalMs = given.number('finalS') * 1000;
  line.update('starting the emulator, the bucket and the sandbox');
  const cloud = await startBenchCloud({
    storage: given.text('storage') === 'local' ? 'local' : 'gcs',
    pace: { finalFromMs: finalMs * 0.75, finalToMs: finalMs * 1.25 },
    soundSeconds: 1,
  });
  try {
    Object.assign(process.env, cloud.settings, { LOG_LEVEL: 'silent' }); // for what of the service runs in this process
    const asked = await askForAll(cloud, given, line.update);
    const outcome = await work(cloud, given.number('workers'), asked, line.update);
    line.end();
    const { text, isGood } = await reportGeneration(outcome);
    console.log(text);
    return isGood;
  } finally {
    line.end();
    await closeDatabase();
    await cloud.close();
  }
}

interface Asked {
  ids: string[];
  slowId: string | undefined;
}

/** The slow one stands among the first: while it is slow, most of the others are still to be done. */
async function askForAll({ sandbox }: BenchCloud, given: Given, tell: (text: string) => void): Promise<Asked> {
  const requests = given.number('requests');
  const users = given.number('users');
  const early = Math.ceil(requests / 10);
  const slowS = given.number('slowS');
  await liftBudget();
  const ids = await askForSongs({ requests: early, users, prompt: PROMPT });
  const [slowId] = slowS > 0 ? await askForSongs({ requests: 1, users: 1, prompt: SLOW_PROMPT }) : [];
  const rest = requests - early - (slowId ? 1 : 0);
  const onAsked = (count: number) => tell(`asking for songs: ${early + count} of ${requests}`);
  ids.push(...(slowId ? [slowId] : []), ...(await askForSongs({ requests: rest, users, prompt: PROMPT, onAsked })));
  // Both of its songs, once each: what is slow is fetched, and then there.
  const fault = { name: 'slow', at: ['audio'], match: SLOW_PROMPT, delayMs: slowS * 1000, times: 2 };
  if (slowId) await sandbox.ask('POST', '/sandbox/faults', fault);
  return { ids, slowId };
}

async function work(cloud: BenchCloud, count: number, asked: Asked, tell: (text: string) => void): Promise<Outcome> {
  const startedAtMs = Date.now();
  const crew = await startWorkerCrew(count, cloud.directory, { ...cloud.settings, LOG_LEVEL: 'info' });
  try {
    await untilDone(crew, asked.ids.length, tell);
  } finally {
    await crew.stop();
  }
  const { accepted } = await cloud.sandbox.ask<{ accepted: number }>('GET', '/sandbox');
  const polls = await cloud.sandbox.ask<Record<string, TaskPolls>>('GET', '/sandbox/polls');
  return { ...asked, ...crew, startedAtMs, accepted, polls: Object.values(polls), states: await countStates(), left: await countLeft() };
}

async function untilDone({ samples }: WorkerCrew, requests: number, tell: (text: string) => void): Promise<void> {
  const count = (moments: { id: string }[]) => new Set(moments.map(({ id }) => id)).size; // two workers may both have seen it
  let steps = 0;
  let movedAtMs = Date.now();
  for (;;) {
    await sleep(1_000);
    const all = samples.flat();
    const done = count(all.flatMap((sample) => sample.done));
    const claims = all.reduce((sum, sample) => sum + sample.claims.length, 0);
    if (claims > steps) movedAtMs = Date.now();
    steps = claims;
    if (done === requests || Date.now() - movedAtMs > STALLED_MS) return;
    tell(`${count(all.flatMap((sample) => sample.ended))} of ${requests} songs have ended, nothing is left to do for ${done}`);
  }
}

async function countStates(): Promise<Record<string, number>> {
  const db = await database();
  const found = await db.collection('generations').select('state').get();
  return Object.fromEntries([...Map.groupBy(found.docs, (each) => String(each.get('state')))].map(([state, all]) => [state, all.length]));
}

async function countLeft(): Promise<number> {
  const db = await database();
  return (await db.collection('generationWork').orderBy('dueAt').limit(100).select().get()).size;
}
