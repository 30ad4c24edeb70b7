/** The most that a function's process holds while 80 people ask at once, all of them all the time. Linux tells. */
import { readFileSync } from 'node:fs';
import { getRequest, hammer } from './hammer.ts';
import type { Place } from './place.ts';
import { startFunction } from './startFunction.ts';

const AT_ONCE = 80;
/** Node takes half of what its container has, of 256 MiB. */
const NODE_OPTIONS = '--max-heap-size=128';
const KIB_OF_MIB = 1024;

export interface Memory {
  peakMib: number;
  answers: number;
  wrong: number;
}

/** @param path - what is asked for, of a function that answers 200 to anybody */
export async function measureMemory(
  { directory, env }: Place,
  { source, target, path, ms }: { source: string; target: string; path: string; ms: number },
): Promise<Memory> {
  const own = { ...env, NODE_OPTIONS, TRUSTED_PROXY_HOPS: '1' };
  const { child, port } = await startFunction({ source, target, path, logFolder: directory, env: own });
  try {
    let at = 0;
    const next = () => {
      at += 1;
      return getRequest(path, { 'x-forwarded-for': `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}` });
    };
    const { answers, wrong } = await hammer({ port, next, connections: AT_ONCE, ms });
    return { peakMib: peakMib(child.pid), answers, wrong };
  } finally {
    await child.stop();
  }
}

function peakMib(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / KIB_OF_MIB;
}
