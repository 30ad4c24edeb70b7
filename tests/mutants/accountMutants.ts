/** What is left of a deleted account, and whose name stands in songs. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const accountMutants: Mutant[] = [
  {
    guarantee: 'G15',
    file: 'shared/erasure/advanceErasures.ts',
    search: 'if (traces.length > 0) {',
    replace: 'if (traces.length > 1_000) {',
    test: 'tests/shared/erasure/proof.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/findTraces.ts',
    search: '(!FREE_TEXTS.has(name) && holds(field, uid))',
    replace: 'holds(field, uid)',
    test: 'tests/shared/erasure/proof.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/advanceErasures.ts',
    search: 'failed.push({ name: step.name, error });',
    replace: 'throw error;',
    test: 'tests/shared/erasure/proof.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/takeTurn.ts',
    search: "if ((await transaction.get(ref)).get('claimId') !== claimId) throw new TurnLost(id);",
    replace: 'await transaction.get(ref);',
    test: 'tests/shared/erasure/proof.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/closeAccount.ts',
    search: 'transaction.delete(user);',
    replace: '',
    test: 'tests/guarantees/g15-erasure.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/steps.ts',
    search: "  ownedBy('playlists', 'ownerId'),\n",
    replace: '',
    test: 'tests/guarantees/g15-erasure.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/erasure/steps.ts',
    search: "{ name: 'uploads', isLate: true,",
    replace: "{ name: 'uploads',",
    test: 'tests/guarantees/g15-erasure.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'shared/limits/eraseEntries.ts',
    search: 'if (quotaData && sum !== 0)',
    replace: 'if (quotaData && sum > 1_000_000)',
    test: 'tests/shared/erasure/proof.test.ts',
  },
];
