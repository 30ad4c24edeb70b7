/** Faults that a rehearsal is given: a file that is read at every call, so that another process can write it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Refusal } from './route.ts';

export const Fault = z.strictObject({
  /** Host of the API. */
  api: z.string(),
  method: z.string().optional(),
  /** What the path must contain. */
  path: z.string(),
  kind: z.enum(['quota', 'permission', 'failedOperation']),
  /** How many calls it meets. */
  times: z.int().positive(),
});
export type Fault = z.output<typeof Fault>;

export function setFaults(directory: string, faults: Fault[]): void {
  writeFileSync(fileIn(directory), JSON.stringify(faults));
}

/** @throws {Refusal} for `quota` and `permission`. @returns whether the operation that this call begins is to fail */
export function meetFault(directory: string, { api, method, path }: { api: string; method: string; path: string }): boolean {
  if (!existsSync(fileIn(directory))) return false;
  const faults = z.array(Fault).parse(JSON.parse(readFileSync(fileIn(directory), 'utf8')));
  const met = faults.find((fault) => fault.api === api && (fault.method ?? method) === method && path.includes(fault.path));
  if (!met) return false;
  const rest = faults.flatMap((fault) => (fault !== met ? [fault] : fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []));
  setFaults(directory, rest);
  if (met.kind === 'quota') throw new Refusal(429, 'RESOURCE_EXHAUSTED', `Quota exceeded for quota metric 'Requests' of service '${api}'`);
  if (met.kind === 'permission') throw new Refusal(403, 'PERMISSION_DENIED', `Permission denied on resource '${path}'`);
  return true;
}

function fileIn(directory: string): string {
  return join(directory, 'faults.json');
}
