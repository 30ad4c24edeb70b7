/** One function as Cloud Run starts it: functions-framework, the deployed folder, a process. */
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastLines, startNode } from '../../local/processes/child.ts';
import { freePort } from '../../local/processes/port.ts';
import { cpuMsOf } from './cpuMsOf.ts';
import { FRAMEWORK_MAIN } from './place.ts';

export interface Started {
  child: Child;
  port: number;
  /** From the start of the process to its first answer. */
  ms: number;
  /** What it has used of processors until then. */
  cpuMs: number;
  status: number;
}

interface Starting {
  source: string;
  target: string;
  /** What is asked first. */
  path: string;
  logFolder: string;
  env: NodeJS.ProcessEnv;
}

const TRY_AGAIN_MS = 2;
const START_LIMIT_MS = 60_000;

export async function startFunction({ source, target, path, logFolder, env }: Starting): Promise<Started> {
  const port = await freePort();
  const logFile = join(logFolder, `${target}.log`);
  const startedAtMs = performance.now();
  const child = startNode([FRAMEWORK_MAIN, '--source', source, '--target', target], {
    logFile,
    env: { ...env, NODE_ENV: 'production', PORT: String(port), FUNCTION_TARGET: target },
  });
  while (!child.hasExited() && performance.now() - startedAtMs < START_LIMIT_MS) {
    const status = await ask(port, path);
    if (status !== undefined) return { child, port, status, ms: performance.now() - startedAtMs, cpuMs: cpuMsOf(child.pid) };
    await sleep(TRY_AGAIN_MS);
  }
  await child.stop(0);
  throw new Error(`${target} does not start:\n${lastLines(logFile)}`);
}

/** @returns undefined when nobody listens yet */
function ask(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    }).once('error', () => resolve(undefined));
  });
}
