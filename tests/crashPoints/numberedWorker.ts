import { emulators } from '../support/emulators.ts';
import type { NumberedProgram } from './buildNumbered.ts';
import type { Hit, Plan } from './crashPoint.ts';
import { openRelay } from './firestoreRelay.ts';
import { type NumberedProcess, startNumbered } from './numberedProcess.ts';
import type { SharedTime } from './sharedClock.ts';

/** How a run of the worker ended. `at`: the point at which it stands still, or was killed; undefined when something else ended it. */
export type Run = { how: 'done' } | { how: 'stopped'; at: Hit } | { how: 'dead'; at: Hit | undefined };

/** The worker in a process of its own. */
export interface NumberedWorker {
  /** One run, until nothing is due at this moment. A plan holds from then on; its hits are counted over all runs. */
  run(plan?: Plan): Promise<Run>;
  /** Lets it go on that stands still, and waits for the end of its run. */
  goOn(): Promise<Run>;
  /** Every hit that was recorded, each with the turn of the event loop that it was in. */
  hits: (Hit & { turn: number })[];
  /** What Firestore does, in a minute of real time, with transactions of a worker that stands still. */
  releaseLocks(): Promise<void>;
  kill(): Promise<void>;
}

export function startWorker(program: NumberedProgram, { file, nowMs, monotonicMs }: SharedTime): NumberedWorker {
  const args = [JSON.stringify({ file, nowMs, monotonicMs })];
  const starting = openRelay(emulators().firestoreHost).then((relay) => ({
    relay,
    child: startNumbered(program, { args, env: { FIRESTORE_EMULATOR_HOST: relay.host } }),
  }));
  const hits: NumberedWorker['hits'] = [];
  return {
    hits,
    run: async (plan) => {
      const { child } = await starting;
      child.send({ run: true, ...(plan ? { plan } : {}) });
      return endOfRun(child, hits);
    },
    goOn: async () => {
      const { child, relay } = await starting;
      relay.resume();
      await child.goOn();
      return endOfRun(child, hits);
    },
    releaseLocks: async () => (await starting).relay.release(),
    kill: async () => {
      const { child, relay } = await starting;
      await child.kill();
      await relay.close();
    },
  };
}

async function endOfRun({ next, ended }: NumberedProcess, hits: NumberedWorker['hits']): Promise<Run> {
  let at: Hit | undefined;
  for (let line = await next(); line; line = await next()) {
    if ('said' in line) return { how: 'done' };
    if ('stopping' in line) return { how: 'stopped', at: line.stopping };
    if ('hit' in line) {
      at = line.hit;
      hits.push({ ...line.hit, turn: line.turn });
    }
  }
  return { how: 'dead', at: (await ended) === 'SIGKILL' ? at : undefined };
}
