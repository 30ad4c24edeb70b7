import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolEnvironment } from './command.ts';

/** What a run of jest came to, as `tests/support/reporter.ts` writes it. */
export interface RunSummary {
  passed: number;
  failed: TestFailure[];
  /** Files that could not even be loaded. */
  unrunnable: string[];
  slowest: { name: string; file: string; ms: number }[];
}

export interface TestFailure {
  name: string;
  file: string;
  message: string;
}

export interface JestRun {
  /** All that ran passed, something ran, and jest came to its end by itself. */
  isGreen: boolean;
  /** `undefined` when jest did not get as far as that. */
  summary: RunSummary | undefined;
  /** The tests were over, and something kept jest open; it was ended. */
  wasHanging: boolean;
  /** What jest wrote; empty when it wrote straight to our own outputs. */
  output: string;
}

export interface JestOptions {
  folder: string;
  args: string[];
  /** Without the set-up of the emulators: for tests that need none. */
  withoutEmulators?: boolean;
  /** Addresses of emulators that are up already. */
  emulators?: { FIRESTORE_EMULATOR_HOST: string; FIREBASE_AUTH_EMULATOR_HOST: string };
  /** Besides our own environment. */
  env?: Record<string, string>;
  isQuiet?: boolean;
  /** After this long it is ended, and has no summary. @default no limit */
  timeoutMs?: number;
}

/** Cleaning up, emulators included, takes seconds; longer means that something was left open. */
const CLEAN_UP_MS = 30_000;
const WORKER_COUNT = 2;

/** Runs jest in a process of its own and waits for its end. */
export async function runJest(options: JestOptions): Promise<JestRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'sori-jest-'));
  try {
    const summaryFile = join(scratch, 'summary.json');
    const { status, wasHanging, output } = await endOf(options, summaryFile);
    const summary = existsSync(summaryFile) ? (JSON.parse(readFileSync(summaryFile, 'utf8')) as RunSummary) : undefined;
    const isGreen = status === 0 && !wasHanging && (summary?.passed ?? 0) > 0;
    return { isGreen, summary, wasHanging, output };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function endOf(options: JestOptions, summaryFile: string): Promise<{ status: number | null; wasHanging: boolean; output: string }> {
  const { folder, args, isQuiet = false, timeoutMs } = options;
  const jest = join(folder, 'node_modules', 'jest', 'bin', 'jest.js');
  const all = [jest, '--config', configuration(options, summaryFile), `--maxWorkers=${WORKER_COUNT}`, ...args];
  return new Promise((resolve, reject) => {
    const output = isQuiet ? 'pipe' : 'inherit';
    const child = spawn(process.execPath, all, {
      cwd: folder,
      env: environment(options),
      stdio: ['ignore', output, output],
      ...(timeoutMs ? { timeout: timeoutMs } : {}),
    });
    const pieces: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => pieces.push(piece));
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    const stop = () => child.kill('SIGTERM');
    for (const signal of SIGNALS) process.on(signal, forward);
    process.on('disconnect', stop); // whoever started us is gone
    const watch = watchForHanging(summaryFile, () => child.kill('SIGKILL'));
    child.on('error', reject);
    child.on('close', (status) => {
      watch.stop();
      for (const signal of SIGNALS) process.off(signal, forward);
      process.off('disconnect', stop);
      resolve({ status, wasHanging: watch.wasHanging(), output: Buffer.concat(pieces).toString() });
    });
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `end` when jest is still there long after it wrote its summary. */
function watchForHanging(summaryFile: string, end: () => void): { stop(): void; wasHanging(): boolean } {
  let isHanging = false;
  let finishedAt: number | undefined;
  const timer = setInterval(() => {
    if (existsSync(summaryFile)) finishedAt ??= performance.now();
    if (finishedAt === undefined || performance.now() - finishedAt < CLEAN_UP_MS) return;
    isHanging = true;
    end();
  }, 1_000);
  return { stop: () => clearInterval(timer), wasHanging: () => isHanging };
}

function configuration({ folder, withoutEmulators = false }: JestOptions, summaryFile: string): string {
  const { globalSetup, globalTeardown, ...rest } = createRequire(import.meta.url)(join(folder, 'jest.config.cjs')) as Record<
    string,
    unknown
  >;
  const hooks = withoutEmulators ? {} : { globalSetup, globalTeardown };
  const reporters = ['default', ['<rootDir>/tests/support/reporter.ts', { summaryFile }]];
  return JSON.stringify({ ...rest, ...hooks, reporters, rootDir: folder });
}

/** A test run has emulators of its own: those of a running `npm start` hold somebody's data. */
function environment({ emulators, env }: JestOptions): NodeJS.ProcessEnv {
  const { FIRESTORE_EMULATOR_HOST: _firestore, FIREBASE_AUTH_EMULATOR_HOST: _auth, ...rest } = toolEnvironment();
  return { ...rest, ...emulators, ...env };
}
