/** What one hour can cost at most before somebody looks: every function at its `maxInstances`, all of it busy. */
import type { Sources } from './sources.ts';

const HOUR_S = 3600;
const MIB_OF_GIB = 1024;
/** What one instance answers at most, by the bench of speed. */
const MOST_PER_S = 500;

export interface WorstHour {
  instances: number;
  vcpus: number;
  computeUsd: number;
  requestsUsd: number;
  totalUsd: number;
}

export function worstHour({ endpoints, prices }: Pick<Sources, 'endpoints' | 'prices'>): WorstHour {
  const sum = { instances: 0, vcpus: 0, computeUsd: 0, requestsUsd: 0 };
  for (const { access, resources } of endpoints) {
    const { maxInstances, cpu, memoryMiB } = resources;
    sum.instances += maxInstances;
    sum.vcpus += maxInstances * cpu;
    sum.computeUsd += maxInstances * HOUR_S * (cpu * prices.vcpuS.usd + (memoryMiB / MIB_OF_GIB) * prices.gibS.usd);
    if (access === 'scheduler') continue; // nobody else may call them
    sum.requestsUsd += (maxInstances * HOUR_S * MOST_PER_S * prices.requests.usd) / prices.requests.per;
  }
  return { ...sum, totalUsd: sum.computeUsd + sum.requestsUsd };
}
