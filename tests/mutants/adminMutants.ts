/** What operators change, and who may no longer act. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const adminMutants: Mutant[] = [
  {
    guarantee: 'G7',
    file: 'shared/access/agreeWithAuth.ts',
    search: 'if (changeBy(stored, record)) await writeDown(uid, record);',
    replace: '',
    test: 'tests/guarantees/g07-lockedOut.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/access/agreeWithAuth.ts',
    search: "if (now?.disabled && now.disabledBy === 'operator') await disableInAuth(uid, true);",
    replace: '',
    test: 'tests/guarantees/g07-authUnreachable.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/admin/changeUser.ts',
    search: 'if (isOperator(before) && !isOperator(after)) await requireAnother(transaction, db, uid);',
    replace: '',
    test: 'tests/endpoints/admin/updateUser.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/admin/changeUser.ts',
    search: 'writeAudit(transaction, db, operation, { target: uid, before: of(before, change), after: of(after, change) });',
    replace:
      'await transact(async (late) => writeAudit(late, db, operation, { target: uid, before: {}, after: {} })).catch(() => undefined);',
    test: 'tests/endpoints/admin/audit.test.ts',
  },
];
