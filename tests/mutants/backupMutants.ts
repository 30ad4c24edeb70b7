/** G10: backups that are whole, verified and kept. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const backupMutants: Mutant[] = [
  {
    guarantee: 'G10',
    file: 'shared/backups/verifyStep.ts',
    search: '  if (counted !== manifest.documents) {',
    replace: '  if (counted < 0) {',
    test: 'tests/guarantees/g10-backups.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/verifyStep.ts',
    search: '      requireNoDifference(await differencesIn(db, page));\n',
    replace: '      await differencesIn(db, page);\n',
    test: 'tests/guarantees/g10-backups.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/verifyStep.ts',
    search: '  await holdAll([...objects.map(({ name }) => name), manifest, marker], true);\n',
    replace: '',
    test: 'tests/guarantees/g10-kept.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/keepBackups.ts',
    search: "if (id === newest?.backupId || work.get('isHeld') === true) continue;",
    replace: '',
    test: 'tests/guarantees/g10-kept.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/advanceBackups.ts',
    search: '    if (isLate(turn, world)) throw new BackupFailed(...lateness(turn));\n',
    replace: '',
    test: 'tests/guarantees/g10-backupFaults.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/exportStep.ts',
    search: 'if (redacted > 0)',
    replace: 'if (redacted < 0)',
    test: 'tests/guarantees/g10-backupFaults.test.ts',
  },
  {
    guarantee: 'G10',
    file: 'shared/backups/advanceBackups.ts',
    search: '    await tidyUp(step, later);\n',
    replace: '',
    test: 'tests/guarantees/g10-backups.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'scripts/restore/restoreDatabase.ts',
    search: '  const closed = await closeDeleted(db, await readDeletions(db), now());\n',
    replace: '  const closed = 1;\n',
    test: 'tests/shared/backups/restore.test.ts',
  },
  {
    guarantee: 'G15',
    file: 'scripts/restore/restoreDatabase.ts',
    search: 'users.filter(({ localId }) => !isDeleted(db, localId, deletions))',
    replace: 'users',
    test: 'tests/shared/backups/restore.test.ts',
  },
];
