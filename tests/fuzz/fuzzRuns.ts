/**
 * How much is tried, and with which seed. A seed is printed; `SORI_FUZZ_SEED=<seed>` repeats it, `SORI_FUZZ_RUNS=<factor>` tries so
 * many times more.
 */
const seed = Number(process.env['SORI_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const factor = Number(process.env['SORI_FUZZ_RUNS'] ?? 1);

/** Parameters for fast-check. @param numRuns - in a run of all tests */
export function fuzzRuns(numRuns: number): { seed: number; numRuns: number; endOnFailure: boolean } {
  return { seed, numRuns: numRuns * factor, endOnFailure: factor === 1 };
}

/** So long may a test take. */
export function fuzzLimitMs(limitMs: number): number {
  return limitMs * factor;
}

export function announceSeed(): void {
  process.stdout.write(`Fuzzed with SORI_FUZZ_SEED=${seed}\n`);
}
