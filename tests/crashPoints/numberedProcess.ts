/** A numbered program as a process of its own, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { NumberedProgram } from './buildNumbered.ts';
import type { Hit, Line, Plan } from './crashPoint.ts';

export interface NumberedProcess {
  pid: number;
  /** What it says next; undefined when it has ended. */
  next(): Promise<Line | undefined>;
  /** Reads until it stands still (or kills itself) at a point. @returns undefined when it has ended otherwise */
  reached(): Promise<Hit | undefined>;
  /** Lets it go on that stands still at a point. */
  goOn(): Promise<void>;
  /** Writes a line of JSON to its standard input. */
  send(message: object): void;
  /** The signal that ended it, or `exit code <number>`. */
  ended: Promise<string>;
  /** Ends it, wherever it is. */
  kill(): Promise<void>;
}

export interface NumberedOptions {
  plan?: Plan;
  args?: string[];
  /** Beside the environment of this process. */
  env?: Record<string, string>;
}

const CALLS_AGAIN_MS = 50;

export function startNumbered(program: NumberedProgram, { plan, args = [], env = {} }: NumberedOptions = {}): NumberedProcess {
  const child = spawn(process.execPath, [program.file, ...args], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: program.compileCache, ...env, ...(plan ? { SORI_CRASH: JSON.stringify(plan) } : {}) },
  });
  if (child.pid === undefined) throw new Error('the numbered program cannot be started');
  child.stdin?.on('error', () => undefined); // it has ended: whoever waits for it hears of that
  const lines = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = (await lines.next()) as { value: string | undefined };
    return value === undefined ? undefined : (JSON.parse(value) as Line);
  };
  const ended = endOf(child);
  return {
    pid: child.pid,
    next,
    reached: () => reached(next),
    goOn: () => goOn(child, next),
    send: (message) => void child.stdin?.write(`${JSON.stringify(message)}\n`),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function endOf(child: ChildProcess): Promise<string> {
  const leave = () => child.kill('SIGKILL');
  process.once('exit', leave); // one that stands still would stay for ever
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  process.off('exit', leave);
  return signal ?? `exit code ${code}`;
}

async function reached(next: NumberedProcess['next']): Promise<Hit | undefined> {
  for (let line = await next(); line; line = await next()) {
    if ('stopping' in line) return line.stopping;
    if ('hit' in line) return line.hit;
  }
  return undefined;
}

/** It says where it is going to stop just before it does, so the first call may come too early. */
async function goOn(child: ChildProcess, next: NumberedProcess['next']): Promise<void> {
  const calling = setInterval(() => child.kill('SIGCONT'), CALLS_AGAIN_MS);
  try {
    child.kill('SIGCONT');
    await next();
  } finally {
    clearInterval(calling);
  }
}
