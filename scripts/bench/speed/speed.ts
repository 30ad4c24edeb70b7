/** DESIGN §13 in one run, as ratios to servers that do nothing besides. */
import { join } from 'node:path';
import { showCount } from '../../import/showCount.ts';
import { startAuthEmulator } from '../../local/emulators/auth.ts';
import { startPart } from '../../local/processes/part.ts';
import { startBenchCloud } from '../benchCloud.ts';
import type { Benchmark, Given } from '../benchmark.ts';
import { mustEnd } from '../endings.ts';
import { measureCachedRead } from './cachedRead.ts';
import { type Bundles, measureColdStart, PLAIN, startEach, WITH_DATABASE } from './coldStart.ts';
import { cachedReadFinding, coldStartFindings, idleFinding, memoryFinding, streamingFindings, tokenFinding } from './findings.ts';
import { runChild } from './inChild.ts';
import { measureMemory } from './memory.ts';
import { buildInto, type Place, writeHello } from './place.ts';
import { asMarkdown, type SpeedReport, store } from './report.ts';
import { roundTripFindings } from './roundTrips.ts';
import type { ServerReady } from './serverProcess.ts';

export const speed: Benchmark = {
  name: 'speed',
  summary: 'what is promised of speed, beside functions-framework with nothing behind it, node:http and nginx',
  options: {
    rounds: { default: '5', says: 'rounds, in each all servers one after the other' },
    seconds: { default: '2', says: 'how long each is asked in a round' },
    isolate: { default: undefined, says: 'also how long each function takes to start, alone in its process' },
    json: { default: undefined, says: 'as data, and nothing else on the standard output' },
    store: { default: undefined, says: 'keep the figures in docs/measured/speed.json and the table in the README' },
  },
  run,
};

async function run(given: Given): Promise<boolean> {
  const line = showCount();
  try {
    const report = await measure(given, line.update);
    line.end();
    if (given.flag('store')) store(report);
    console.log(given.flag('json') ? JSON.stringify(report, undefined, 2) : asText(report));
    return true;
  } finally {
    line.end();
  }
}

async function measure(given: Given, tell: (text: string) => void): Promise<SpeedReport> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = mustEnd(async () => {
    for (const end of closing.toReversed()) await end();
  });
  try {
    tell('starting the emulators, and building');
    const cloud = await startBenchCloud({ storage: 'local', soundSeconds: 1 });
    closing.push(cloud.close);
    const auth = await startAuthEmulator();
    closing.push(auth.close);
    const projectId = cloud.settings['GOOGLE_CLOUD_PROJECT'] ?? '';
    const own = { FIREBASE_AUTH_EMULATOR_HOST: auth.host, AUTH_API_KEY: projectId, SCHEDULER_SERVICE_ACCOUNT: `jobs@${projectId}.example` };
    const place = { directory: cloud.directory, env: { ...cloud.settings, ...own, BACKUP_SECRET: 'not a secret '.repeat(6) } };
    return await measureAll(place, given, tell);
  } finally {
    await close();
  }
}

async function measureAll(place: Place, given: Given, tell: (text: string) => void): Promise<SpeedReport> {
  const { directory } = place;
  const rounds = given.number('rounds');
  const bundles: Bundles = { functions: join(directory, 'functions'), hello: join(directory, 'hello') };
  const names = await buildInto(bundles.functions);
  await writeHello(bundles.hello);
  const songId = await addSong(place);
  tell('the check of a token');
  const token = await runChild<{ p50Ms: number; againP50Ms: number }>('tokenProcess.ts', { directory, rounds }, place);
  tell('an idle minute of the worker');
  const idle = await runChild<{ reads: number; writes: number; ms: number }>('idleProcess.ts', { rounds }, place);
  tell('starts');
  const compileCache = join(directory, 'compiled');
  const cached = await measureColdStart(place, bundles, { rounds, compileCache, songId });
  const uncached = await measureColdStart(place, bundles, { rounds, compileCache: undefined, songId });
  tell('cached reads');
  const ms = given.number('seconds') * 1000;
  const read = await measureCachedRead(place, { target: 'getStatus', rounds, ms });
  const played = await measureCachedRead(place, { target: 'getPlayback', rounds, ms });
  tell('memory');
  const asked = { source: bundles.functions, ms };
  const memory = await measureMemory(place, { ...asked, target: WITH_DATABASE, path: `/?songId=${songId}` });
  const listed = await measureMemory(place, { ...asked, target: 'listSongs', path: '/?scope=public&limit=100' });
  tell('streaming');
  const streaming = await runChild<Parameters<typeof streamingFindings>[0]>(
    'streamingProcess.ts',
    { rounds, listeners: 8, songs: 8, megabytes: 10, looks: 200 },
    place,
  );
  tell('Firestore’s client');
  const clients = { grpc: await readFirst(place, false, rounds), rest: await readFirst(place, true, rounds) };
  const isolated = given.flag('isolate') ? { starts: await startEach(place, bundles, names, { compileCache, rounds: 1 }) } : {};
  return {
    ...{ measuredOn: new Date().toISOString().slice(0, 10), rounds, clients, ...isolated },
    findings: [
      tokenFinding(token),
      cachedReadFinding(read, played),
      ...coldStartFindings({ cached, uncached }, [PLAIN, WITH_DATABASE]),
      ...roundTripFindings(),
      ...streamingFindings(streaming),
      memoryFinding([memory, listed]),
      idleFinding(idle),
    ],
  };
}

/** A server of ours makes it, and ends. */
async function addSong({ directory, env }: Place): Promise<string> {
  const input = { kind: 'sori', directory, people: 1 };
  const part = await startPart<ServerReady>(join(import.meta.dirname, 'serverProcess.ts'), input, {
    logFile: join(directory, 'song.log'),
    env,
  });
  await part.child.stop();
  return part.ready.songId;
}

type Client = SpeedReport['clients']['grpc'];

/** The quickest of some: what was slower had company. */
async function readFirst(place: Place, preferRest: boolean, rounds: number): Promise<Client> {
  const found: Client[] = [];
  for (let round = 0; round <= rounds; round += 1) found.push(await runChild<Client>('clientProcess.ts', { preferRest }, place));
  return found.toSorted((a, b) => a.cpuMs - b.cpuMs)[0]!;
}

function asText(report: SpeedReport): string {
  const { clients, starts } = report;
  const client = (name: 'grpc' | 'rest') => {
    const { loadMs, firstReadMs, cpuMs, rssMib } = clients[name];
    return `${name}: loaded in ${Math.round(loadMs)} ms, first document after ${Math.round(firstReadMs)} ms more, ${Math.round(cpuMs)} ms of a processor, ${Math.round(rssMib)} MiB`;
  };
  const table = Object.entries(starts ?? {}).map(([name, ms]) => `  ${name.padEnd(24)} ${Math.round(ms)} ms`);
  const isolated = starts ? ['', 'To the first answer, alone in its process:', ...table] : [];
  return [asMarkdown(report), '', `Firestore’s client, ${client('grpc')}; ${client('rest')}.`, ...isolated].join('\n');
}
