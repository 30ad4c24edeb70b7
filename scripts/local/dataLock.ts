/** One `npm start` per data directory: two would write over each other's exports. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export interface DataLock {
  /** Whether the one before us ended without giving the lock back, as after `kill -9` or a loss of power. */
  wasLeftBehind: boolean;
  release(): void;
}

const Holder = z.object({ pid: z.int().positive(), startedAt: z.string() });

const FILE = 'lock.json';

/** Takes the lock when its holder gives it back within `patienceMs`: a start right after a stop may meet the end of the last. */
export async function waitForDataLock(directory: string, patienceMs: number): Promise<DataLock> {
  const endAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return takeDataLock(directory);
    } catch (error) {
      if (performance.now() > endAt) throw error;
      await sleep(200);
    }
  }
}

/** Takes the lock, also from a holder that is dead. @throws naming the process when a living one holds it */
export function takeDataLock(directory: string): DataLock {
  const file = join(directory, FILE);
  const wasLeftBehind = existsSync(file);
  if (wasLeftBehind) removeIfStale(file, directory);
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw inUse(directory, holderOf(file)?.pid);
  }
  return { wasLeftBehind, release: () => rmSync(file, { force: true }) };
}

/** Renaming is atomic: of two that find the same dead holder, one moves the file, and the other finds it gone. */
function removeIfStale(file: string, directory: string): void {
  const holder = holderOf(file);
  if (holder && isStart(holder.pid)) throw inUse(directory, holder.pid);
  const moved = `${file}.${process.pid}`;
  try {
    renameSync(file, moved);
  } catch {
    return;
  }
  const was = holderOf(moved);
  if (was?.pid !== holder?.pid || was?.startedAt !== holder?.startedAt) {
    renameSync(moved, file); // it was a living one's, who came first
    throw inUse(directory, was?.pid);
  }
  rmSync(moved);
}

function holderOf(file: string): z.output<typeof Holder> | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whether the process lives and is one of ours: ids are given again, in containers soon. */
function isStart(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.ts');
  } catch {
    return true; // no /proc on this system
  }
}

function inUse(directory: string, pid: number | undefined): Error {
  return new Error(
    `${directory} is in use by another npm start${pid ? ` (process ${pid})` : ''}: stop that one, or give this one a directory of its own:\n` +
      '  SORI_DATA_DIR=.sori-2 PORT=8081 npm start',
  );
}
