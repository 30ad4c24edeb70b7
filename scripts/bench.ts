/**
 * `npm run bench -- NAME [--option value …]`: measures, and prints one table. `--help` lists what there is.
 *
 * Each benchmark starts what it needs by itself, on free ports and in a temporary directory. Exit code 1: something was not as it must be.
 */
import { parseArgs } from 'node:util';
import type { Benchmark, Given } from './bench/benchmark.ts';
import { cache } from './bench/cache/cache.ts';
import { endAll } from './bench/endings.ts';
import { generation } from './bench/generation.ts';
import { provider } from './bench/provider.ts';
import { speed } from './bench/speed/speed.ts';
import { streaming } from './bench/streaming.ts';

const benchmarks = [cache, generation, provider, speed, streaming];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void endAll().then(() => process.exit(130)));
process.once('disconnect', () => process.exit(1)); // whoever started us is gone, and with us all that we started
process.exitCode = await main(process.argv.slice(2));
process.exit();

async function main([name, ...args]: string[]): Promise<number> {
  const benchmark = benchmarks.find((each) => each.name === name);
  if (!benchmark || args.includes('--help')) {
    console.log(help());
    return benchmark || name === '--help' ? 0 : 1;
  }
  try {
    return (await benchmark.run(readOptions(benchmark, args))) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

function readOptions({ options }: Benchmark, args: string[]): Given {
  const known = Object.fromEntries(
    Object.entries(options).map(([option, { default: usual }]) =>
      usual === undefined ? ([option, { type: 'boolean' }] as const) : ([option, { type: 'string', default: usual }] as const),
    ),
  );
  const values = new Map(Object.entries(parseArgs({ args, options: known }).values));
  const text = (option: string) => String(values.get(option));
  return {
    text,
    flag: (option) => values.get(option) === true,
    number: (option) => {
      const value = Number(text(option));
      if (!Number.isFinite(value) || value < 0) throw new Error(`--${option} takes a number, not ${text(option)}`);
      return value;
    },
  };
}

function help(): string {
  const lines = benchmarks.flatMap(({ name, summary, options }) => [
    '',
    `  ${name}: ${summary}`,
    ...Object.entries(options).map(([option, { default: usual, says }]) => `      --${option} ${usual ?? ''}`.padEnd(26) + says),
  ]);
  return ['npm run bench -- NAME [--option value …]', ...lines].join('\n');
}
