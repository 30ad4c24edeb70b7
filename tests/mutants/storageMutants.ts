/** The storage is looked at, what depends on it is held back, and all comes back by itself. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const PROBE = { file: 'shared/health/probeStorage.ts', test: 'tests/shared/health/probeStorage.test.ts' };
const ONE_BUCKET = 'tests/guarantees/g08-oneBucket.test.ts';

export const storageMutants: Mutant[] = [
  {
    guarantee: 'G8',
    file: 'shared/access/features.ts',
    search: "(isWhole ? [] : ['storage' as const])",
    replace: '[]',
    test: ONE_BUCKET,
  },
  {
    guarantee: 'G8',
    file: 'shared/access/features.ts',
    search: "streaming: { openInPhase1: true, dependsOn: ['media'] }",
    replace: 'streaming: { openInPhase1: true, dependsOn: [] }',
    test: 'tests/guarantees/g08-table.test.ts',
  },
  {
    guarantee: 'G8',
    ...PROBE,
    search: 'return isDatabaseUp && isDue(storage, clock) ? storage : undefined;',
    replace: 'return isDatabaseUp && isDue(storage, clock) && storage.stores.every(isWhole) ? storage : undefined;',
  },
  { guarantee: 'G8', ...PROBE, search: 'if (!stores.every(isWhole)) storageKey()?.distrust();', replace: '' },
  { guarantee: 'G8', ...PROBE, search: 'if (!taken) return;', replace: '' },
  {
    guarantee: 'G8',
    file: 'shared/media/hybridStore.ts',
    search: "fault.kind !== 'too_large' && !once.isTaken()",
    replace: 'fault.kind === undefined',
    test: 'tests/guarantees/g08-bucketAndDisk.test.ts',
  },
  {
    guarantee: 'G8',
    file: 'shared/generation/bounds.ts',
    search: 'storageBackoffMs: 15_000',
    replace: 'storageBackoffMs: 60_000',
    test: ONE_BUCKET,
  },
  {
    guarantee: 'G8',
    file: 'shared/generation/bounds.ts',
    search: 'waitForDueMs: 15_000',
    replace: 'waitForDueMs: 10_000',
    test: ONE_BUCKET,
  },
];
