import { setTimeout as sleep } from 'node:timers/promises';

/** Asks every 50 ms until `isDone` says yes. @throws when it has not within `timeoutMs` */
export async function waitUntil(what: string, isDone: () => Promise<boolean> | boolean, timeoutMs: number): Promise<void> {
  const endAt = performance.now() + timeoutMs;
  while (!(await isDone())) {
    if (performance.now() > endAt) throw new Error(`${what}: not within ${Math.round(timeoutMs / 1000)} s`);
    await sleep(50);
  }
}
