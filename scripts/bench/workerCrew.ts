/** Some workers side by side, and what they tell of their work, put together. */
import { join } from 'node:path';
import { type Part, startPart } from '../local/processes/part.ts';
import type { Poll } from './polls.ts';
import type { WorkNews } from './workTally.ts';

/** What happened in about a second. */
export interface WorkerSample extends WorkNews {
  atMs: number;
  rssBytes: number;
  heapBytes: number;
  polls: Poll[];
  /** Runs that have ended, and those of them that ended by a fault. */
  runs: number;
  faults: string[];
}

export interface WorkerCrew {
  /** Of each worker, in their order; they grow. */
  samples: WorkerSample[][];
  logFiles: string[];
  /** Lets them finish what they have in hand, and tell of it. */
  stop(): Promise<void>;
}

/** Node takes the bounds of its heap from the memory that it is given: half of it, of the 512 MiB that the function has. Here there is more. */
const NODE_OPTIONS = '--max-heap-size=256';
/** As long as one download may still take. */
const STOP_MS = 90_000;

export async function startWorkerCrew(count: number, directory: string, settings: NodeJS.ProcessEnv): Promise<WorkerCrew> {
  const samples: WorkerSample[][] = Array.from({ length: count }, () => []);
  const logFiles = samples.map((_, index) => join(directory, `worker-${index + 1}.log`));
  const workers: Part<unknown>[] = [];
  const stop = async () => {
    await Promise.all(workers.map(({ child }) => child.stop(STOP_MS)));
  };
  try {
    await Promise.all(
      logFiles.map(async (logFile, index) => {
        const worker = await startPart(join(import.meta.dirname, 'workerProcess.ts'), {}, { logFile, env: { ...settings, NODE_OPTIONS } });
        workers.push(worker);
        worker.child.process.on('message', ({ sample }: { sample?: WorkerSample }) => {
          if (sample) samples[index]?.push(sample);
        });
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { samples, logFiles, stop };
}
