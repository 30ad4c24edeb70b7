/** All parts of the local cloud, started side by side, stopped in order. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseSettings } from '#shared/runtime';
import type { CloudInput, CloudReady } from './cloudProcess.ts';
import { startAuthEmulator } from './emulators/auth.ts';
import { startFirestoreEmulator } from './emulators/firestore.ts';
import type { FunctionsInput, FunctionsReady } from './functionsProcess.ts';
import { localSecrets } from './localSecrets.ts';
import { BACKUP_BUCKET, BUCKET, keyFileOf, originsOf, projectOf, serviceUrlOf, settingsFor } from './ownSettings.ts';
import type { Child } from './processes/child.ts';
import { type Part, startPart } from './processes/part.ts';
import type { Progress } from './progress.ts';
import type { SandboxInput, SandboxReady } from './sandboxProcess.ts';
import { type SnapshotSources, snapshotsIn } from './snapshots.ts';

export interface LocalCloudOptions {
  /** Absolute path of the data directory. */
  directory: string;
  /** The project's own folder. */
  root: string;
  port: number;
  /** Settings from outside; each takes the place of our own part. */
  outside: NodeJS.ProcessEnv;
  /** Processes per function; without it all functions share one. */
  instances: number | undefined;
  progress: Progress;
}

export interface LocalCloud {
  /** The environment of whatever talks to it. */
  settings: NodeJS.ProcessEnv;
  functionCount: number;
  isKeySound: boolean;
  /** Writes the emulators' state to the disk, if it has changed. */
  save(): Promise<void>;
  /** Settles when a part ends that nobody asked to. */
  broken: Promise<{ part: string; how: string; logFile: string }>;
  /** Lets requests finish, saves, ends every process: 10 s at most. */
  stop(): Promise<void>;
}

interface Running {
  part: string;
  child: Child;
  logFile: string;
}

/** @throws when a part does not start, with its last words; those that run have then been stopped */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const running: Running[] = [];
  try {
    return await start(options, running);
  } catch (error) {
    await Promise.all(running.map(({ child }) => child.stop(STOP_MS)));
    throw error;
  }
}

const STOP_MS = 1_500;
/** Longer than the functions' own drain. */
const DRAIN_MS = 6_000;

async function start(options: LocalCloudOptions, running: Running[]): Promise<LocalCloud> {
  const { directory, outside, port } = options;
  const logs = freshLogs(directory);
  const secrets = localSecrets(directory);
  const snapshots = snapshotsIn(join(directory, 'data'));
  const { newest } = snapshots;
  const add = adder(logs, running, options.progress);
  const unless = <T>(setting: string, begin: () => Promise<T>) => (outside[setting] ? undefined : begin());

  const [firestore, auth, cloud, sandbox] = await Promise.all([
    unless('FIRESTORE_EMULATOR_HOST', () => add('firestore', (logFile) => firestoreEmulator(options, newest().firestore, logFile))),
    unless('FIREBASE_AUTH_EMULATOR_HOST', () => add('auth', (logFile) => authEmulator(options, newest().auth, logFile))),
    add('cloud', (logFile) => startPart<CloudReady>(scriptOf('cloudProcess'), cloudInput(options), { logFile })),
    unless('TOPMEDIAI_BASE_URL', () => add('sandbox', (logFile) => sandboxPart(options, secrets.TOPMEDIAI_API_KEY, logFile))),
  ]);
  const addresses = { firestoreHost: firestore?.host, authHost: auth?.host, cloud: cloud.ready, sandboxUrl: sandbox?.ready.url };
  const settings = settingsFor(outside, directory, port, secrets, addresses);
  parseSettings(settings);
  // Last, so that nobody is served before the data of the last run are back.
  const functions = await add('functions', (logFile) =>
    startPart<FunctionsReady>(scriptOf('functionsProcess'), functionsInput(options, logs), { logFile, env: settings }),
  );
  let isStopping = false;
  const sources: SnapshotSources = { ...(firestore ? { firestore } : {}), ...(auth ? { auth } : {}) };
  if (sandbox) reviveWhenGone({ ...options, logs, running, isStopping: () => isStopping }, sandbox, secrets.TOPMEDIAI_API_KEY);
  const save = () => (firestore || auth ? snapshots.take(sources) : Promise.resolve());
  return {
    settings,
    functionCount: functions.ready.count,
    isKeySound: cloud.ready.isKeySound,
    save,
    broken: firstToEnd(running, () => isStopping),
    async stop() {
      isStopping = true;
      await functions.child.stop(DRAIN_MS);
      try {
        await save();
      } finally {
        await Promise.all(running.map(({ child }) => child.stop(STOP_MS)));
      }
    },
  };
}

type Add = <T extends { child: Child }>(part: string, begin: (logFile: string) => Promise<T>) => Promise<T>;

/** Starts a part with a log of its own, and remembers it. */
function adder(logs: string, running: Running[], progress: Progress): Add {
  return async (part, begin) => {
    const logFile = join(logs, `${part}.log`);
    const started = await progress.step(part, begin(logFile)).catch((error: Error) => {
      throw new Error(`${part} does not start: ${error.message}\nLog: ${logFile}`);
    });
    running.push({ part, child: started.child, logFile });
    return started;
  };
}

function firstToEnd(running: Running[], isExpected: () => boolean): LocalCloud['broken'] {
  return new Promise((resolve) => {
    for (const { part, child, logFile } of running) {
      if (part === 'sandbox') continue; // the provider is somebody else's: the service goes on without, and tells its operators
      void child.exited.then((how) => {
        if (!isExpected()) resolve({ part, how, logFile });
      });
    }
  });
}

type Reviving = LocalCloudOptions & { logs: string; running: Running[]; isStopping: () => boolean };

/** Longer than the watch needs to notice, so that whoever ends the sandbox sees what becomes of it. */
const REVIVED_AFTER_MS = 90_000;

/** Starts the sandbox anew under its address, and again when it ends once more. */
function reviveWhenGone(options: Reviving, { child, ready }: Part<SandboxReady>, apiKey: string): void {
  const { logs, running, isStopping, progress } = options;
  const logFile = join(logs, 'sandbox.log');
  const revive = async (how: string) => {
    if (isStopping()) return;
    const inS = REVIVED_AFTER_MS / 1000;
    progress.say(
      `The sandbox has ended (${how}); it is started again in ${inS} s. 샌드박스가 종료되었습니다. ${inS}초 뒤 다시 시작합니다.`,
    );
    await sleep(REVIVED_AFTER_MS, undefined, { ref: false });
    if (isStopping()) return;
    const revived = await sandboxPart(options, apiKey, logFile, Number(new URL(ready.url).port));
    running.push({ part: 'sandbox', child: revived.child, logFile });
    reviveWhenGone(options, revived, apiKey);
  };
  void child.exited.then(revive).catch((error: Error) => progress.say(`The sandbox does not start again: ${error.message}`));
}

function scriptOf(name: string): string {
  return join(import.meta.dirname, `${name}.ts`);
}

function firestoreEmulator({ outside, root, progress }: LocalCloudOptions, importFrom: string | undefined, logFile: string) {
  const rulesFile = join(root, 'firestore.rules');
  return startFirestoreEmulator({
    projectId: projectOf(outside),
    logFile,
    report: progress.say,
    ...(existsSync(rulesFile) ? { rulesFile } : {}),
    ...(importFrom ? { importFrom } : {}),
  });
}

async function authEmulator({ outside }: LocalCloudOptions, importFrom: string | undefined, logFile: string) {
  const auth = await startAuthEmulator({ projectId: projectOf(outside), logFile });
  if (importFrom) await auth.importFrom(importFrom);
  return auth;
}

function cloudInput({ directory, outside, port }: LocalCloudOptions): CloudInput {
  return {
    directory,
    keyFile: keyFileOf(outside, directory),
    keyAccount: `sori-media@${projectOf(outside)}.iam.gserviceaccount.com`,
    buckets: [BUCKET],
    region: parseSettings({ ...outside, GOOGLE_CLOUD_PROJECT: projectOf(outside) }).REGION,
    backupBucket: outside['BACKUP_BUCKET'] || BACKUP_BUCKET,
    origins: originsOf(outside, port).split(','),
    hasStorage: !outside['STORAGE_EMULATOR_HOST'],
    hasScheduler: !outside['CLOUD_SCHEDULER_ENDPOINT'],
  };
}

function sandboxPart({ directory, port }: LocalCloudOptions, apiKey: string, logFile: string, ownPort = 0) {
  const record = { directory, serviceUrl: serviceUrlOf(port) };
  const input: SandboxInput = { directory: join(directory, 'sandbox'), port: ownPort, apiKey, record };
  return startPart<SandboxReady>(scriptOf('sandboxProcess'), input, { logFile });
}

function functionsInput({ port, instances, root }: LocalCloudOptions, logFolder: string): FunctionsInput {
  return { port, ...(instances ? { isolate: { instances, source: join(root, 'dist'), logFolder } } : {}) };
}

/** A log per part and start. Those of the start before stay one round longer: after a crash they are what one wants to read. */
function freshLogs(directory: string): string {
  const logs = join(directory, 'logs');
  const previous = join(logs, 'previous');
  rmSync(previous, { recursive: true, force: true });
  mkdirSync(previous, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(logs)) {
    if (name.endsWith('.log') && name !== 'install.log') renameSync(join(logs, name), join(previous, name));
  }
  return logs;
}
