/** From the start of the process to the first 200, of built functions each alone, beside functions-framework with nothing behind it. */
import { join } from 'node:path';
import { median } from '../spread.ts';
import type { Place } from './place.ts';
import { startFunction } from './startFunction.ts';

export interface ColdStart {
  helloMs: number;
  /** Without Firestore. */
  plainMs: number;
  databaseMs: number;
  /** Medians of the rounds' own ratios. */
  plainRatio: number;
  databaseRatio: number;
  /** The same by what processors had to do: it holds on a busy machine too. */
  plainCpuRatio: number;
  databaseCpuRatio: number;
}

export interface Bundles {
  functions: string;
  hello: string;
}

interface Options {
  rounds: number;
  /** Node keeps what it has compiled there; undefined: it compiles at each start. */
  compileCache: string | undefined;
  /** A public song. */
  songId: string;
}

/** Of functions that answer without and with the database, those that are called most. */
export const PLAIN = 'getOpenApi';
export const WITH_DATABASE = 'getSong';

export async function measureColdStart({ directory, env }: Place, bundles: Bundles, options: Options): Promise<ColdStart> {
  const { rounds, compileCache, songId } = options;
  const own = { ...env, ...(compileCache ? { NODE_COMPILE_CACHE: compileCache } : {}) };
  const start = async (source: string, target: string, path: string) => {
    const { child, ms, cpuMs, status } = await startFunction({ source, target, path, logFolder: directory, env: own });
    await child.stop(); // in good order: that is when Node stores what it has compiled
    if (status !== 200) throw new Error(`${target} answers ${status}`);
    return { ms, cpuMs };
  };
  const measured: [hello: Start, plain: Start, database: Start][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const found: (typeof measured)[number] = [
      await start(bundles.hello, 'hello', '/'),
      await start(bundles.functions, PLAIN, '/'),
      await start(bundles.functions, WITH_DATABASE, `/?songId=${songId}`),
    ];
    if (round > 0) measured.push(found); // the first one warms the disk and the cache
  }
  const column = (at: 0 | 1 | 2) => median(measured.map((found) => found[at].ms));
  const ratio = (at: 1 | 2, figure: keyof Start) => median(measured.map((found) => found[at][figure] / found[0][figure]));
  return {
    ...{ helloMs: column(0), plainMs: column(1), databaseMs: column(2) },
    ...{ plainRatio: ratio(1, 'ms'), databaseRatio: ratio(2, 'ms') },
    ...{ plainCpuRatio: ratio(1, 'cpuMs'), databaseCpuRatio: ratio(2, 'cpuMs') },
  };
}

interface Start {
  ms: number;
  cpuMs: number;
}

/** Each function's first answer, whatever it is: for most a refusal, which needs all of the function and nothing of the database. */
export async function startEach(
  { directory, env }: Place,
  bundles: Bundles,
  names: string[],
  options: { compileCache: string; rounds: number },
) {
  const own = { ...env, NODE_COMPILE_CACHE: options.compileCache };
  const starts: Record<string, number> = {};
  for (const target of ['hello', ...names]) {
    const source = target === 'hello' ? bundles.hello : bundles.functions;
    const times: number[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      const { child, ms } = await startFunction({ source, target, path: '/', logFolder: join(directory), env: own });
      await child.stop();
      if (round > 0) times.push(ms);
    }
    starts[target] = median(times);
  }
  return starts;
}
