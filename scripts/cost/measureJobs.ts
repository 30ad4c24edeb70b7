/**
 * Runs every job as Cloud Scheduler does, against the emulators, a bucket and the sandbox, and looks at what it asks for: with nothing to
 * do, and with work. Documents are counted exactly; times are those of this machine, so that the slower one makes the dearer estimate.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import type { Endpoint } from '#shared/endpoint';
import { FigureGatherer } from '#shared/figures';
import { Claim } from '#shared/limits';
import { type Clock, closeDatabase, database, systemClock, systemWorld } from '#shared/runtime';
import { askForSongs } from '../bench/askForSongs.ts';
import { type BenchCloud, startBenchCloud } from '../bench/benchCloud.ts';
import { tapFirestore } from '../bench/firestoreTap.ts';
import { median } from '../bench/spread.ts';
import { loadEndpoints } from '../loadEndpoints.ts';
import { startAuthEmulator } from '../local/emulators/auth.ts';
import { addSongs } from './addSongs.ts';
import type { JobWork, Work } from './jobWork.ts';
import { SONG } from './referenceUser.ts';

const IDLE_RUNS = 5;
const FIGURES_DOCUMENTS = 20;
/** How long the provider takes for a song: the least that `referenceUser.ts` reckons with. */
const PACE = { finalFromMs: 60_000, finalToMs: 61_000 };
const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
/** Enough that what a sweep does once is little beside them. */
const SWEPT_SONGS = 100;

export async function measureJobs(tell: (text: string) => void): Promise<JobWork> {
  tell('starting the emulators, a bucket and the sandbox');
  const cloud = await startBenchCloud({ storage: 'gcs', pace: PACE, soundSeconds: 180 });
  try {
    const auth = await startAuthEmulator();
    try {
      useSettings(cloud, auth.host);
      return await measureAll(tell);
    } finally {
      await closeDatabase();
      await auth.close();
    }
  } finally {
    await cloud.close();
  }
}

function useSettings(cloud: BenchCloud, authHost: string): void {
  const projectId = cloud.settings['GOOGLE_CLOUD_PROJECT'] ?? '';
  Object.assign(process.env, cloud.settings, {
    FIREBASE_AUTH_EMULATOR_HOST: authHost,
    AUTH_API_KEY: projectId,
    BACKUP_SECRET: randomBytes(48).toString('hex'),
    BACKUP_BUCKET: `local:${join(cloud.directory, 'backups')}`,
    CLOUD_SCHEDULER_ENDPOINT: '127.0.0.1:9', // nobody is there: a lost nudge costs nothing
    LOG_LEVEL: 'silent',
  });
}

async function measureAll(tell: (text: string) => void): Promise<JobWork> {
  const jobs = (await loadEndpoints()).filter(({ access }) => access === 'scheduler');
  const job = (name: string) => jobs.find((each) => each.name === name)!;
  const idle: JobWork['idle'] = {};
  for (const each of jobs) {
    tell(`${each.name}, with nothing to do`);
    await measure(each, 0); // loads what is loaded late
    idle[each.name] = mediansOf(await repeat(IDLE_RUNS, (run) => measure(each, run + 1)));
  }
  tell('watchService, with figures to add');
  await addFigures();
  const added = await measure(job('watchService'), 0);
  tell('a song, from its first step to its last');
  const generation = await makeSong(job('advanceGenerations'), idle['advanceGenerations']!);
  tell('sweepStorage, with songs');
  await addSongs(SWEPT_SONGS);
  const swept = await measure(job('sweepStorage'), 90);
  return {
    measuredOn: new Date().toISOString().slice(0, 10),
    idle,
    figuresDocument: share(added, idle['watchService']!, FIGURES_DOCUMENTS),
    generation,
    providerS: PACE.finalFromMs / 1000,
    sweptSong: share(swept, idle['sweepStorage']!, SWEPT_SONGS + SONG.perRequest),
  };
}

/** @param dayOrRun - due times differ, and what was made meanwhile is old enough to be swept */
async function measure(job: Endpoint, dayOrRun: number): Promise<Work> {
  const counted = { reads: 0, writes: 0 };
  const untap = tapFirestore(Firestore, {
    onRead: () => {
      counted.reads += 1;
    },
    onCommit: ({ writes }) => {
      counted.writes += writes.length;
    },
  });
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  try {
    await job.handler(job.input.parse({}), undefined as never, contextAt(later(dayOrRun)));
  } finally {
    untap();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms: round(performance.now() - startedAtMs), cpuMs: round((user + system) / 1000), ...counted };
}

function later(days: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + days * DAY_MS };
}

type Context = Parameters<Endpoint['handler']>[2];

function contextAt(clock: Clock): Context {
  const now = new Date(clock.now());
  return {
    ...systemWorld,
    ...{ clock, now, scheduledAt: now, found: {}, requestId: 'cost', ticket: undefined },
    ...{ address: { ip: '127.0.0.1', isShared: false }, claim: new Claim(undefined), signal: new AbortController().signal },
  };
}

/** As processes write them that had some requests in a minute. */
async function addFigures(): Promise<void> {
  for (let at = 0; at < FIGURES_DOCUMENTS; at += 1) {
    const gatherer = new FigureGatherer(systemWorld);
    const request = { functionName: 'getSong', isScheduled: false, status: 200, durationMs: 20, authMs: 1, callerHash: `person-${at}` };
    gatherer.count({ ...request, isRefused: false, cacheHit: true, resources: { cpu: 1, memoryMiB: 256 } });
    await gatherer.flush();
  }
}

/** A run each minute, until nothing is left to be done for it. */
async function makeSong(worker: Endpoint, idle: Work): Promise<Work> {
  const [generationId] = await askForSongs({ requests: 1, users: 1, prompt: 'a calm song about paper boats' });
  const work = (await database()).doc(`generationWork/${generationId}`);
  const sum: Work = { ms: 0, cpuMs: 0, reads: 0, writes: 0 };
  for (let run = 0; run < 10; run += 1) {
    const startedAtMs = performance.now();
    const asked = await measure(worker, 0);
    for (const figure of FIGURES) sum[figure] += Math.max(0, asked[figure] - idle[figure]);
    if ((await work.get()).get('dueAt') === undefined) return rounded(sum);
    await systemClock.sleep(Math.max(0, MINUTE_MS - (performance.now() - startedAtMs)));
  }
  throw new Error('The song was not finished in ten minutes');
}

const FIGURES = ['ms', 'cpuMs', 'reads', 'writes'] as const;

async function repeat(times: number, run: (at: number) => Promise<Work>): Promise<Work[]> {
  const runs: Work[] = [];
  for (let at = 0; at < times; at += 1) runs.push(await run(at));
  return runs;
}

function mediansOf(runs: Work[]): Work {
  const of = (figure: keyof Work) => median(runs.map((run) => run[figure]));
  return { ms: of('ms'), cpuMs: of('cpuMs'), reads: of('reads'), writes: of('writes') };
}

/** What one of so many things has cost more than none. */
function share(busy: Work, idle: Work, count: number): Work {
  const of = (figure: keyof Work) => Math.max(0, busy[figure] - idle[figure]) / count;
  return rounded({ ms: of('ms'), cpuMs: of('cpuMs'), reads: of('reads'), writes: of('writes') });
}

function rounded(work: Work): Work {
  return { ms: round(work.ms), cpuMs: round(work.cpuMs), reads: round(work.reads), writes: round(work.writes) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
