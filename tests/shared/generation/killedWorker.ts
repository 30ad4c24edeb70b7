import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Studio } from '../../support/studio.ts';

/**
 * Where a worker dies: `intentStored` before the order leaves, `orderLeft` while it waits for the answer, `accepted` before that is
 * written down, `downloading` after the first bytes, `staged` when all have come, `published` before the song is shown, `ready`
 * before its cover is stored.
 */
export type KillPoint = 'intentStored' | 'orderLeft' | 'accepted' | 'downloading' | 'staged' | 'published' | 'ready';

/** Runs a worker in a process of its own until it is killed there. @throws when it never came to that point */
export async function runKilledWorker({ clock }: Pick<Studio, 'clock'>, killAt: KillPoint): Promise<void> {
  const program = path.join(import.meta.dirname, 'workerProcess.ts');
  const child = spawn(process.execPath, [program, JSON.stringify({ nowMs: clock.now(), killAt })], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: process.env, // jest's own copy: our settings stand in it
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error(`the worker did not come to ${killAt}: exit code ${code}`);
}
