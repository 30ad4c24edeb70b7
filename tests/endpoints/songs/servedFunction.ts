/** A function on the real framework as a process of its own, which can be looked into from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ServedFunction {
  url: string;
  /** What it has open: files, sockets, pipes. */
  openDescriptors(): string[];
  residentBytes(): number;
  close(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, '..', 'serveFunction.ts');
const PAGE_BYTES = 4096;

/** With the settings of this process, as production would run it. @param settings - in place of its own */
export async function serveFunction(name: string, settings: Record<string, string> = {}): Promise<ServedFunction> {
  const env = { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'info', ...settings };
  const child = spawn(process.execPath, [PROGRAM, name], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}/${name}`,
    openDescriptors: () => readdirSync(`/proc/${child.pid}/fd`).flatMap((fd) => targetOf(`/proc/${child.pid}/fd/${fd}`)),
    residentBytes: () => Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES,
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin?.end();
      await ended;
    },
  };
}

/** Its log follows on the same stream, and is read so that it never waits. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the function did not start')));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { port } = JSON.parse(line) as { port?: number };
      if (port !== undefined) resolve(port);
    });
  });
}

function targetOf(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return []; // closed meanwhile
  }
}
