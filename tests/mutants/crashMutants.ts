/** Workers that die, or stand still and wake up late: what keeps their requests whole. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const crashMutants: Mutant[] = [
  {
    guarantee: 'G1',
    file: 'shared/generation/lease.ts',
    search: 'dueAt: later(now, bounds.leaseMs) };',
    replace: 'dueAt: later(now, 1_000 * bounds.leaseMs) };',
    test: 'tests/guarantees/g01-killMatrix.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/generation/archiveCover.ts',
    search: 'await removeStaged(stores, songId);',
    replace: '',
    test: 'tests/guarantees/g01-killMatrix.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/media/gcsStore.ts',
    search: '(error.status === 412 || error.status === 404) && (await this.isPublished(wanted))',
    replace: 'error.status === 404 && (await this.isPublished(wanted))',
    test: 'tests/guarantees/g01-killMatrix.test.ts',
  },
  {
    guarantee: 'G2',
    file: 'shared/generation/advanceGenerations.ts',
    search: "if (work.state === 'submitting') return loseTrack(work, now, bounds);",
    replace: "if (work.state === 'submitting') return intend(work, now, bounds);",
    test: 'tests/guarantees/g01-killMatrix.test.ts',
  },
  {
    guarantee: 'G2',
    file: 'shared/generation/lease.ts',
    search: 'if (work?.fence !== lease.fence) throw new LeaseLost(lease.id);',
    replace: 'if (!work) throw new LeaseLost(lease.id);',
    test: 'tests/guarantees/g02-zombies.test.ts',
  },
  {
    guarantee: 'G2',
    file: 'shared/generation/objects.ts',
    search: 'await store.discard(options.stagingName).catch(() => undefined);',
    replace: '',
    test: 'tests/guarantees/g02-zombies.test.ts',
  },
];
