import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLeashed } from '../../scripts/local/processes/child.ts';
import { startPart } from '../../scripts/local/processes/part.ts';
import { listenAt } from '../../scripts/local/processes/port.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';

const root = join(import.meta.dirname, '..', '..');
const processes = join(root, 'scripts', 'local', 'processes');
let directory: string;
let logFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-test-processes-'));
  logFile = join(directory, 'part.log');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A program that says its process id in a file and would run for ever. */
function endless(pidFile: string): string {
  return `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`;
}

async function pidIn(file: string): Promise<number> {
  let pid = 0;
  const isThere = async () => {
    pid = Number(await readFile(file, 'utf8').catch(() => ''));
    return pid > 0;
  };
  await waitUntil('the program runs', isThere, 10_000);
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a program on the leash', () => {
  it('ends when the process that started it is killed with no chance to clean up', async () => {
    const pidFile = join(directory, 'killed.pid');
    const script = join(directory, 'parent.ts');
    const args = [process.execPath, ['-e', endless(pidFile)], { logFile }] as const;
    await writeFile(
      script,
      `import { startLeashed } from ${JSON.stringify(join(processes, 'child.ts'))};\nstartLeashed(...${JSON.stringify(args)});\n`,
    );
    const parent = spawn(process.execPath, [script], { stdio: 'ignore' });
    const pid = await pidIn(pidFile);
    parent.kill('SIGKILL');
    await waitUntil('the program has ended', () => !isAlive(pid), 5_000);
    expect(isAlive(pid)).toBe(false);
  }, 20_000);

  it('ends when it is stopped, and tells how it ended by itself', async () => {
    const pidFile = join(directory, 'stopped.pid');
    const stopped = startLeashed(process.execPath, ['-e', endless(pidFile)], { logFile });
    const pid = await pidIn(pidFile);
    await stopped.stop();
    expect(isAlive(pid)).toBe(false);

    const failing = startLeashed(process.execPath, ['-e', 'process.exit(3)'], { logFile });
    expect(await failing.exited).toBe('exit code 3');
  }, 20_000);

  it('is ended by force when it does not listen', async () => {
    const pidFile = join(directory, 'deaf.pid');
    const deaf = startLeashed(process.execPath, ['-e', `process.on('SIGTERM', () => {}); ${endless(pidFile)}`], { logFile });
    const pid = await pidIn(pidFile);
    await deaf.stop(200);
    await waitUntil('the program has ended', () => !isAlive(pid), 10_000);
    expect(isAlive(pid)).toBe(false);
  }, 20_000);
});

describe('a part of the local cloud', () => {
  async function scriptWith(name: string, body: string): Promise<string> {
    const script = join(directory, name);
    await writeFile(script, `import { servePart } from ${JSON.stringify(join(processes, 'part.ts'))};\n${body}\n`);
    return script;
  }

  it('gets its input, tells its addresses, and closes in good order when it is stopped', async () => {
    const closed = join(directory, 'closed');
    const script = await scriptWith(
      'part.ts',
      `import { writeFileSync } from 'node:fs';
      servePart(async ({ number, closed }) => {
        const timer = setInterval(() => {}, 1000);
        return { ready: { twice: number * 2 }, close: async () => { writeFileSync(closed, 'in order'); clearInterval(timer); } };
      });`,
    );
    const part = await startPart<{ twice: number }>(script, { number: 21, closed }, { logFile });
    expect(part.ready).toEqual({ twice: 42 });
    await part.child.stop();
    expect([await part.child.exited, await readFile(closed, 'utf8')]).toEqual(['exit code 0', 'in order']);
  }, 20_000);

  it('that cannot start says why', async () => {
    const script = await scriptWith('failing.ts', `servePart(() => Promise.reject(new Error('the disk is full')));`);
    await expect(startPart(script, {}, { logFile: join(directory, 'failing.log') })).rejects.toThrow('the disk is full');
  }, 20_000);

  it('that dies while it starts leaves its last lines', async () => {
    const script = await scriptWith('dying.ts', `console.error('out of luck'); process.exit(9);`);
    await expect(startPart(script, {}, { logFile: join(directory, 'dying.log') })).rejects.toThrow(/exit code 9[\s\S]*out of luck/);
  }, 20_000);
});

describe('npm start', () => {
  async function start(env: NodeJS.ProcessEnv, args: string[] = []): Promise<{ code: number; output: string }> {
    const child = spawn(process.execPath, [join(root, 'scripts', 'start.ts'), ...args], {
      env: { ...process.env, SORI_DATA_DIR: join(directory, 'data'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pieces: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output: Buffer.concat(pieces).toString() };
  }

  it('names a port that is taken, and what to do', async () => {
    const server = createServer();
    const port = await listenAt(server, 0);
    const { code, output } = await start({ PORT: String(port) });
    server.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is taken by another program`);
    expect(output).toContain(`PORT=${port + 1} npm start`);
  }, 20_000);

  it('refuses what it does not understand', async () => {
    expect(await start({}, ['--isolated'])).toEqual({ code: 1, output: 'Use: npm start [-- --isolate[=processes per function]]\n' });
    expect(await start({ PORT: 'http' })).toEqual({ code: 1, output: 'PORT must be a number from 1 to 65535.\n' });
  }, 20_000);
});
