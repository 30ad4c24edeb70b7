/**
 * How much is tried, and with which seed. A seed is printed; `SORI_SEED=<seed>` repeats it, `SORI_RUNS=<factor>` tries so many
 * times more. `npm run test:long` is `SORI_RUNS=10`: what can be tried as a whole is then not left to chance.
 */
export const seed = Number(process.env['SORI_SEED'] ?? Date.now() % 2 ** 31);
const factor = Number(process.env['SORI_RUNS'] ?? 1);

/** Every case is tried, not a sample of them. */
export const isLong = factor > 1;

/** Parameters for fast-check. @param numRuns - in a run of all tests */
export function runs(numRuns: number): { seed: number; numRuns: number; endOnFailure: boolean } {
  return { seed, numRuns: numRuns * factor, endOnFailure: !isLong };
}

/** So long may a test take. */
export function limitMs(usualMs: number): number {
  return usualMs * factor;
}

/** @param what - the tests that say it */
export function announceSeed(what: string): void {
  process.stdout.write(`${what}: SORI_SEED=${seed}\n`);
}
