/** Files: what nobody wants goes, what somebody has stays, and belongs to one person. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const fileMutants: Mutant[] = [
  {
    guarantee: 'G4',
    file: 'shared/operations/sweepObjects.ts',
    search: 'return world.clock.now() - createdAt.getTime() > bounds.untouchedMs;',
    replace: 'return world.clock.now() - createdAt.getTime() > -bounds.untouchedMs;',
    test: 'tests/shared/operations/sweepWorlds.test.ts',
  },
  {
    guarantee: 'G4',
    file: 'shared/operations/sweepObjects.ts',
    search: 'JSON.stringify(shown[at] ?? {}).includes(name)',
    replace: "JSON.stringify(shown[at] ?? {}).includes('nothing')",
    test: 'tests/shared/operations/sweepStorage.test.ts',
  },
  {
    guarantee: 'G4',
    file: 'shared/operations/sweepObjects.ts',
    search: '!atWork.has(id) && ',
    replace: '',
    test: 'tests/shared/operations/sweepStorage.test.ts',
  },
  {
    guarantee: 'G4',
    file: 'shared/operations/sweepFiles.ts',
    search: 'if (!isDryRun) for (const { store } of bad)',
    replace: 'if (isDryRun) for (const { store } of bad)',
    test: 'tests/shared/operations/sweepStorage.test.ts',
  },
  {
    guarantee: 'G4',
    file: 'shared/operations/sweepObjects.ts',
    search: 'removed + orphans <= bounds.mostOrphans',
    replace: 'removed <= bounds.mostOrphans',
    test: 'tests/shared/operations/sweepStorage.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/operations/takeSweep.ts',
    search: 'if (found && Date.parse(found.leaseUntilAt) > clock.now()) return undefined;',
    replace: '',
    test: 'tests/shared/operations/sweepStorage.test.ts',
  },
  {
    guarantee: 'G6',
    file: 'shared/access/need.ts',
    search: 'permits(rule, caller, subject(thing)) ? thing : undefined;',
    replace: 'rule ? thing : undefined;',
    test: 'tests/endpoints/files/deleteFiles.test.ts',
  },
  {
    guarantee: 'G6',
    file: 'shared/files/usage.ts',
    search: ".where('state', '==', 'kept')",
    replace: ".where('state', 'in', ['kept', 'deleted'])",
    test: 'tests/endpoints/files/deleteFiles.test.ts',
  },
];
