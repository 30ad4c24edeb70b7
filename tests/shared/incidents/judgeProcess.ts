/** One watch that finds an alert bad, as a process of its own: `node judgeProcess.ts <alert>`. */
import { type Finding, judgeAll, newMemory } from '#shared/incidents';
import { systemWorld } from '#shared/runtime';

const alert = process.argv[2] as Finding['alert'];
await judgeAll([{ alert, state: 'bad', observed: 'down' }], { world: systemWorld, memory: newMemory() });
process.exit(0);
