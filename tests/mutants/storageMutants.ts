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
    replace: 'return isDatabaseUp && isDue(storage, clock) && ownStores(storage).every(isWhole) ? storage : undefined;',
  },
  { guarantee: 'G8', ...PROBE, search: 'if (!found.every(isWhole)) storageKey()?.distrust();', replace: '' },
  { guarantee: 'G8', ...PROBE, search: 'if (!claim) return;', replace: '' },
  { guarantee: 'G8', ...PROBE, search: 'known.stores.filter(isKept)', replace: '[]' },
  { guarantee: 'G8', ...PROBE, search: '(found.isLate || known.why === null ? wasSo : false)', replace: 'false' },
  { guarantee: 'G8', ...PROBE, file: 'shared/health/probeStore.ts', search: 'wasLate ? LATE : SLOW', replace: 'SLOW' },
  {
    guarantee: 'G8',
    file: 'shared/access/features.ts',
    search: 'const stores = ownStores(state);',
    replace: 'const { stores } = state;',
    test: PROBE.test,
  },
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
