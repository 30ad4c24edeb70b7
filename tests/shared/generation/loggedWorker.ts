import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { shareClock } from '../../crashPoints/sharedClock.ts';
import type { Studio } from '../../support/studio.ts';

/** A worker in a process of its own that logs everything, as an operator would read it. */
export interface LoggedWorker {
  /** One run, until nothing is due at this moment. */
  run(): Promise<void>;
  /** All that it has written to its standard output and error output so far. */
  logs(): string;
  close(): Promise<void>;
}

export async function startLoggedWorker({ clock }: Pick<Studio, 'clock'>): Promise<LoggedWorker> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-logged-'));
  const time = shareClock(clock, path.join(directory, 'time'));
  const program = path.join(import.meta.dirname, '..', '..', 'crashPoints', 'workerProcess.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(time)], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, LOG_LEVEL: 'debug' },
  });
  let logs = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (logs += String(piece)));
  const said = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
  return {
    logs: () => logs,
    run: async () => {
      child.stdin.write('{"run":true}\n');
      if ((await said.next()).done) throw new Error(`the worker has ended: ${logs}`);
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      time.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
