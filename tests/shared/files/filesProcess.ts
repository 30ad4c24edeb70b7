/**
 * Stores files and carries them on, in a process of its own that is built with numbered awaits (tests/crashPoints/buildNumbered.ts).
 * For each line `{"store": "<song>", "plan": {…}}` or `{"plan": {…}}` on standard input it does so once, and says when it is done.
 */
import { createInterface } from 'node:readline';
import { type Plan, setPlan, tell } from '../../crashPoints/crashPoint.ts';
import { replicate, storeFile } from './someFiles.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const { plan, store } = JSON.parse(line) as { plan?: Plan; store?: string };
  setPlan(plan);
  if (store === undefined) await replicate();
  else await storeFile(store);
  tell({ said: 'done' });
}
process.exit(0);
