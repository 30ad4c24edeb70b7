/**
 * `npm test [-- <arguments of jest>]`: all tests, then the slowest ten and one line `N passed, M failed`.
 *
 * `--quick` runs only those that need no emulator, and starts none; further arguments are then parts of paths.
 */
import { projectFolder } from './check/command.ts';
import { importGraph } from './check/importGraph.ts';
import { type JestOptions, type JestRun, runJest } from './check/jestRun.ts';
import { needsEmulators } from './check/needsEmulators.ts';
import { readSourceTree } from './check/sourceTree.ts';

const args = process.argv.slice(2);
const run = await runJest(
  args.includes('--quick') ? quick(args.filter((argument) => argument !== '--quick')) : { folder: projectFolder, args },
);
report(run);
process.exitCode = run.isGreen ? 0 : 1;

function quick(parts: string[]): JestOptions {
  const graph = importGraph(readSourceTree(projectFolder));
  const files = [...graph.keys()]
    .filter((path) => path.endsWith('.test.ts') && (parts.length === 0 || parts.some((part) => path.includes(part))))
    .filter((path) => !needsEmulators(graph, path));
  if (files.length === 0) throw new Error('No test without emulators matches.');
  return { folder: projectFolder, args: ['--runTestsByPath', ...files], withoutEmulators: true };
}

function report({ isGreen, summary, wasHanging }: JestRun): void {
  const failedCount = (summary?.failed.length ?? 0) + (summary?.unrunnable.length ?? 0) + (wasHanging ? 1 : 0);
  if (summary) console.log('\nThe slowest:');
  for (const { name, file, ms } of summary?.slowest ?? []) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${name}  (${file})`);
  if (wasHanging) console.log('\nThe tests were over, but something they left open kept jest from ending.');
  console.log(`\n${summary?.passed ?? 0} passed, ${isGreen ? 0 : Math.max(failedCount, 1)} failed`);
}
