/**
 * `npm run test:mutants [-- G4 | part of a path]`: breaks each mechanism of tests/mutants.ts in a copy of the project, and must see its
 * test fail. The tests have passed in an unbroken copy before. Ends with one line `N passed, M failed`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from './check/command.ts';
import { importGraph } from './check/importGraph.ts';
import { type JestOptions, runJest } from './check/jestRun.ts';
import { applyMutant, type Judgement, judge, type Mutant } from './check/mutant.ts';
import { needsEmulators } from './check/needsEmulators.ts';
import { copyProject } from './check/projectCopy.ts';
import { readSourceTree } from './check/sourceTree.ts';
import { startAuthEmulator } from './local/emulators/auth.ts';
import { startFirestoreEmulator } from './local/emulators/firestore.ts';

const SIDE_BY_SIDE = 2;
const LONGEST_MS = 1_200_000;

const Mutants = z.array(
  z.strictObject({ guarantee: z.string(), file: z.string(), search: z.string(), replace: z.string(), test: z.string() }),
);

const mutants = await readMutants(process.argv[2] ?? '');
const tests = [...new Set(mutants.map(({ test }) => test))];
const emulators = await startEmulators();
let failedCount = 0;
try {
  if (await passesUnbroken()) {
    const waiting = [...mutants];
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => work(waiting)));
  } else {
    failedCount = mutants.length;
  }
} finally {
  await emulators.close();
}
if (mutants.length === 0) console.log('No mutant matches.');
console.log(`\n${mutants.length - failedCount} passed, ${mutants.length === 0 ? 1 : failedCount} failed`);
process.exit(failedCount > 0 || mutants.length === 0 ? 1 : 0);

/** The list belongs to the tests, which scripts do not import: it is data to this script. */
async function readMutants(part: string): Promise<Mutant[]> {
  const list = (await import(join(projectFolder, 'tests', 'mutants.ts'))) as { mutants: unknown };
  return Mutants.parse(list.mutants).filter(
    ({ guarantee, file, test }) => guarantee === part || file.includes(part) || test.includes(part),
  );
}

/** Once for all copies: each test file uses projects of its own in them. */
async function startEmulators(): Promise<{ options: Pick<JestOptions, 'emulators' | 'withoutEmulators'>; close(): Promise<unknown> }> {
  const graph = importGraph(readSourceTree(projectFolder));
  if (!tests.some((test) => needsEmulators(graph, test))) return { options: { withoutEmulators: true }, close: () => Promise.resolve() };
  const [firestore, auth] = await Promise.all([startFirestoreEmulator(), startAuthEmulator()]);
  return {
    options: { emulators: { FIRESTORE_EMULATOR_HOST: firestore.host, FIREBASE_AUTH_EMULATOR_HOST: auth.host } },
    close: () => Promise.all([firestore.close(), auth.close()]),
  };
}

async function passesUnbroken(): Promise<boolean> {
  if (tests.length === 0) return true;
  const copy = copyProject(projectFolder);
  try {
    const { isGreen, output } = await run(copy.folder, tests);
    console.log(isGreen ? 'The tests pass in an unbroken copy.' : `The tests fail in an unbroken copy:\n${output}`);
    return isGreen;
  } finally {
    copy.remove();
  }
}

function run(folder: string, files: string[]) {
  const args = ['--forceExit', '--runTestsByPath', ...files];
  return runJest({ folder, args, isQuiet: true, timeoutMs: LONGEST_MS, ...emulators.options });
}

async function work(waiting: Mutant[]): Promise<void> {
  const copy = copyProject(projectFolder);
  try {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const startedAt = performance.now();
      const judgement = await tryMutant(copy.folder, mutant);
      show(mutant, judgement, performance.now() - startedAt);
    }
  } finally {
    copy.remove();
  }
}

async function tryMutant(folder: string, mutant: Mutant): Promise<Judgement> {
  const path = join(folder, mutant.file);
  const original = readFileSync(path, 'utf8');
  try {
    writeFileSync(path, applyMutant(original, mutant));
    return judge(await run(folder, [mutant.test]));
  } catch (error) {
    return { verdict: 'broken', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    writeFileSync(path, original);
  }
}

function show({ guarantee, file, replace, test }: Mutant, { verdict, detail }: Judgement, ms: number): void {
  if (verdict !== 'noticed') failedCount += 1;
  console.log(`${verdict.padEnd(8)}  ${guarantee.padEnd(3)}  ${file}  ${(ms / 1000).toFixed(1)} s\n          ${detail}`);
  if (verdict !== 'noticed') console.log(`          with: ${replace}\n          test: ${test}`);
}
