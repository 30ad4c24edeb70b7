/**
 * `npm start [-- --isolate[=N]]`: all of Sori on this machine, with its data in `.sori/`.
 *
 * Settings from outside (`PORT`, `SORI_DATA_DIR`, and those of DESIGN §14) take the place of what would run here.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { waitForDataLock } from './local/dataLock.ts';
import { type LocalCloud, startLocalCloud } from './local/localCloud.ts';
import { lastLines, runScript } from './local/processes/child.ts';
import { isPortFree } from './local/processes/port.ts';
import { showProgress } from './local/progress.ts';
import { loadSampleData } from './local/sampleData.ts';
import { tellIncidents } from './local/tellIncidents.ts';
import { waitUntil } from './local/waitUntil.ts';
import { welcome } from './local/welcome.ts';

const root = join(import.meta.dirname, '..');
/** A kill loses what came after the last export: at most a minute, with the time that an export takes. */
const SAVE_EVERY_MS = 55_000;
const PORT_PATIENCE_MS = 3_000;
/** As long as a run takes at most to stop. */
const LOCK_PATIENCE_MS = 8_000;

const progress = showProgress();
const isAskedToStop = stopSignal();
try {
  process.exitCode = await main();
} catch (error) {
  progress.say((error as Error).message);
  process.exitCode = 1;
}
process.exit();

async function main(): Promise<number> {
  const startedAt = performance.now();
  const instances = instancesAskedFor(process.argv.slice(2));
  const port = portAskedFor(process.env['PORT']);
  const directory = resolve(process.env['SORI_DATA_DIR'] || join(root, '.sori'));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = await progress.step('the end of the run before', waitForDataLock(directory, LOCK_PATIENCE_MS));
  try {
    await checkPort(port);
    if (lock.wasLeftBehind) tellOfLoss();
    if (instances) await progress.step('build', build(directory));
    const cloud = await startLocalCloud({ directory, root, port, instances, outside: process.env, progress });
    try {
      await progress.step('sample data', loadSampleData({ root, directory, settings: cloud.settings, say: progress.say }));
      await cloud.save();
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      progress.say(welcome({ ...cloud, port, directory, instances, seconds }));
      return await serve(cloud, join(directory, 'logs'));
    } finally {
      await cloud.stop();
    }
  } finally {
    lock.release();
  }
}

/** Runs until it is asked to stop, or a part breaks. @returns the exit code */
async function serve(cloud: LocalCloud, logs: string): Promise<number> {
  const stopTelling = tellIncidents(logs, progress.say);
  const timer = setInterval(() => {
    cloud.save().catch((error: Error) => progress.say(`Saving has failed; the last good state stays: ${error.message}`));
  }, SAVE_EVERY_MS);
  const broken = await Promise.race([isAskedToStop, cloud.broken]);
  clearInterval(timer);
  stopTelling();
  if (broken) {
    progress.say(`\n${broken.part} has ended (${broken.how}). Its last lines, from ${broken.logFile}:\n${lastLines(broken.logFile)}`);
  }
  progress.say('\nStopping … 종료하는 중');
  return broken ? 1 : 0;
}

/** Ctrl-C, a polite kill, a closed terminal, or the end of whoever started us. Asking again changes nothing: the end is under way. */
function stopSignal(): Promise<undefined> {
  process.stdout.on('error', () => undefined); // the terminal may be gone before us
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined));
    process.once('disconnect', () => resolve(undefined));
  });
}

function instancesAskedFor(args: string[]): number | undefined {
  const [option, ...rest] = args;
  if (option === undefined) return undefined;
  const [isValid, count = '1'] = /^--isolate(?:=([1-9]\d?))?$/.exec(option) ?? [];
  if (!isValid || rest.length > 0) throw new Error('Use: npm start [-- --isolate[=processes per function]]');
  return Number(count);
}

function portAskedFor(text: string | undefined): number {
  const port = Number(text || 8080);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error('PORT must be a number from 1 to 65535.');
}

/** A run that was killed a moment ago may still be giving its port back. */
async function checkPort(port: number): Promise<void> {
  try {
    await waitUntil('free', () => isPortFree(port), PORT_PATIENCE_MS);
  } catch {
    throw new Error(
      `Port ${port} is taken by another program: end that one, or take another port:\n  PORT=${port + 1} npm start\n` +
        `${port}번 포트를 다른 프로그램이 사용 중입니다.`,
    );
  }
}

function tellOfLoss(): void {
  progress.say('The last run was killed: what came in its last minute may be lost; all before is here.');
  progress.say('이전 실행이 강제 종료되었습니다. 마지막 1분의 변경만 사라졌을 수 있습니다.');
}

function build(directory: string): Promise<void> {
  return runScript(join(root, 'scripts', 'build.ts'), [], { logFile: join(directory, 'logs', 'build.log'), cwd: root });
}
