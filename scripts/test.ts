/**
 * `npm test [-- <arguments of jest>]`: all tests, then the slowest ten and one line `N passed, M failed`.
 *
 * `--quick` runs only those that need no emulator, and starts none; `--long` only those that otherwise try a sample, and has them try
 * everything. Further arguments of these two are parts of paths.
 */
import { projectFolder } from './check/command.ts';
import { importGraph, reachable } from './check/importGraph.ts';
import { type JestOptions, type JestRun, runJest } from './check/jestRun.ts';
import { needsEmulators } from './check/needsEmulators.ts';
import { readSourceTree } from './check/sourceTree.ts';

/** What tests take samples with. */
const SAMPLES = 'tests/support/runs.ts';

const [way, ...rest] = process.argv.slice(2);
const run = await runJest(optionsFor(way, rest));
report(run);
process.exitCode = run.isGreen ? 0 : 1;

function optionsFor(way: string | undefined, rest: string[]): JestOptions {
  const graph = importGraph(readSourceTree(projectFolder));
  if (way === '--quick') {
    const args = testsThat((path) => !needsEmulators(graph, path), rest, graph);
    return { folder: projectFolder, args, withoutEmulators: true };
  }
  if (way === '--long') {
    const args = testsThat((path) => reachable(graph, path).has(SAMPLES), rest, graph);
    return { folder: projectFolder, args, env: { SORI_RUNS: '10' } };
  }
  return { folder: projectFolder, args: process.argv.slice(2) };
}

/** @returns arguments of jest */
function testsThat(isWanted: (path: string) => boolean, parts: string[], graph: Map<string, string[]>): string[] {
  const files = [...graph.keys()]
    .filter((path) => path.endsWith('.test.ts') && (parts.length === 0 || parts.some((part) => path.includes(part))))
    .filter(isWanted);
  if (files.length === 0) throw new Error('No such test matches.');
  return ['--runTestsByPath', ...files];
}

function report({ isGreen, summary, wasHanging }: JestRun): void {
  const failedCount = (summary?.failed.length ?? 0) + (summary?.unrunnable.length ?? 0) + (wasHanging ? 1 : 0);
  if (summary) console.log('\nThe slowest:');
  for (const { name, file, ms } of summary?.slowest ?? []) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${name}  (${file})`);
  if (wasHanging) console.log('\nThe tests were over, but something they left open kept jest from ending.');
  console.log(`\n${summary?.passed ?? 0} passed, ${isGreen ? 0 : Math.max(failedCount, 1)} failed`);
}
