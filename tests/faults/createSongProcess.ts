/**
 * The function createSong in a process of its own, on the real framework, whose time a test moves. It is built with numbered awaits
 * (tests/crashPoints/buildNumbered.ts).
 *
 *     createSongProcess.ts '{"file": "/tmp/…/time", "nowMs": 0, "monotonicMs": 0}'
 *
 * It says its port on file descriptor 3, and for each line on standard input, `{}` or `{"plan": {…}}`, that it has taken it. It ends
 * with its standard input.
 */
import { createInterface } from 'node:readline';
import { createInstance } from '#shared/endpoint';
import { systemWorld } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import { startFunctions } from '../../scripts/local/functions.ts';
import { registeredFunctions } from '../../scripts/local/registeredFunctions.ts';
import { type Plan, setPlan, tell } from '../crashPoints/crashPoint.ts';
import { openSharedClock, type SharedTime } from '../crashPoints/sharedClock.ts';

const clock = openSharedClock(JSON.parse(process.argv[2] ?? '{}') as SharedTime);
const rateLimits = { windowMs: 60_000, requests: 5_000, generations: 1_000, readsWithoutDatabase: 20 };
const instance = createInstance({ ...systemWorld, clock }, { rateLimits });
const { port } = await startFunctions(registeredFunctions([createSong], instance), 0);
tell({ said: { port } });

for await (const line of createInterface({ input: process.stdin })) {
  const { plan } = JSON.parse(line) as { plan?: Plan };
  setPlan(plan);
  tell({ said: 'taken' });
}
process.exit(0);
