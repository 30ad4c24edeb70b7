import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { RunSummary } from '../../scripts/check/jestRun.ts';

/** The part of jest's results that is used here. */
interface Results {
  numPassedTests: number;
  testResults: FileResult[];
}

interface FileResult {
  testFilePath: string;
  testExecError?: unknown;
  testResults: { fullName: string; status: string; duration?: number | null; failureMessages: string[] }[];
}

const SLOWEST_COUNT = 10;

/** A jest reporter that leaves a summary of the run in the file that its options name. It prints nothing: jest still has to clean up. */
export default class SummaryReporter {
  readonly #rootDir: string;
  readonly #summaryFile: string;

  constructor({ rootDir }: { rootDir: string }, { summaryFile }: { summaryFile: string }) {
    this.#rootDir = rootDir;
    this.#summaryFile = summaryFile;
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    writeFileSync(this.#summaryFile, JSON.stringify(summarise(results, this.#rootDir)));
  }
}

export function summarise({ numPassedTests, testResults: files }: Results, rootDir: string): RunSummary {
  const tests = files.flatMap(({ testFilePath, testResults }) =>
    testResults.map((test) => ({ ...test, name: test.fullName, file: relative(rootDir, testFilePath), ms: test.duration ?? 0 })),
  );
  return {
    passed: numPassedTests,
    failed: tests
      .filter(({ status }) => status === 'failed')
      .map(({ name, file, failureMessages }) => ({ name, file, message: failureMessages.join('\n') })),
    unrunnable: files.filter(({ testExecError }) => testExecError).map(({ testFilePath }) => relative(rootDir, testFilePath)),
    slowest: tests
      .map(({ name, file, ms }) => ({ name, file, ms }))
      .sort((left, right) => right.ms - left.ms)
      .slice(0, SLOWEST_COUNT),
  };
}
