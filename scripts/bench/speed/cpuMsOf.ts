import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

/** What a process has used of processors so far, in itself and for the system: hardly depends on what else runs. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on; see proc(5)
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
