import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Child {
  pid: number;
  /** Settles when the process has ended, with words for how: "exit code 1", "SIGKILL". Never rejects. */
  exited: Promise<string>;
  hasExited(): boolean;
  /** Asks it to end (SIGTERM) and ends it, with all that it started, after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  process: ChildProcess;
}

export interface ChildOptions {
  /** Where output goes, appended. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * Starts a Node program with an IPC channel, whose end tells it that we are gone.
 *
 * It is the leader of its own process group: Ctrl-C in a terminal reaches only us, and we end the others in order.
 */
export function startNode(args: string[], { logFile, env = process.env, cwd }: ChildOptions): Child {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...env, METADATA_SERVER_DETECTION: 'none' },
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(cwd ? { cwd } : {}),
  });
  closeSync(log);
  return asChild(child);
}

/** Starts any program, held by a small process that ends it when we are gone. */
export function startLeashed(command: string, args: string[], options: ChildOptions): Child {
  return startNode([join(import.meta.dirname, 'leash.ts'), command, ...args], options);
}

function asChild(child: ChildProcess): Child {
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${child.spawnfile}`);
  let ended = false;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const stop = async (graceMs = 5_000): Promise<void> => {
    if (!ended) child.kill('SIGTERM');
    const late = new AbortController();
    const ending = exited.then(() => late.abort());
    await Promise.race([ending, sleep(graceMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    if (!ended) killGroup(pid);
    await exited;
  };
  return { pid, exited, hasExited: () => ended, stop, process: child };
}

function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended by itself in this very moment.
  }
}

/** Runs one of our scripts to its end. @throws with its last lines when it fails */
export async function runScript(script: string, args: string[], options: ChildOptions): Promise<void> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const how = await startNode([script, ...args], options).exited;
  if (how !== 'exit code 0')
    throw new Error(`${basename(script)} has failed (${how}):\n${lastLines(options.logFile)}\nLog: ${options.logFile}`);
}

/** The last lines of a log, for an error message. */
export function lastLines(logFile: string, count = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
