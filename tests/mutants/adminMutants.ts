/** What operators change, and who may no longer act. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const adminMutants: Mutant[] = [
  {
    guarantee: 'G7',
    file: 'shared/access/agreeWithAuth.ts',
    search: 'if (changeBy(stored, record)) await writeDown(uid);',
    replace: '',
    test: 'tests/guarantees/g07-lockedOut.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/access/tellAuth.ts',
    search: 'if (isOut) await disableInAuth(uid, true);',
    replace: '',
    test: 'tests/guarantees/g07-authUnreachable.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/admin/changeUser.ts',
    search: 'if (isOperator(before) && !isOperator(after)) await requireAnotherOperator(transaction, db, uid);',
    replace: '',
    test: 'tests/endpoints/admin/lastOperator.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/admin/changeUser.ts',
    search: 'writeAudit(transaction, db, operation, { target: uid, before: of(before, change), after: of(after, change) });',
    replace:
      'await transact(async (late) => writeAudit(late, db, operation, { target: uid, before: {}, after: {} })).catch(() => undefined);',
    test: 'tests/endpoints/admin/audit.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/access/agreeWithAuth.ts',
    search: 'changeBy(UserPrivate.parse(fromDocument(data)), await findAuthRecord(uid));',
    replace: 'changeBy(UserPrivate.parse(fromDocument(data)), { disabled: true, metadata: {} } as UserRecord);',
    test: 'tests/guarantees/g07-authUnreachable.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/access/tellAuth.ts',
    search: 'read(await transaction.get(own))',
    replace: 'read(await own.get())',
    test: 'tests/guarantees/g07-authUnreachable.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/access/operators.ts',
    search: 'records.some(({ disabled }) => !disabled)',
    replace: 'records',
    test: 'tests/endpoints/admin/lastOperator.test.ts',
  },
  {
    guarantee: 'G7',
    file: 'shared/erasure/closeAccount.ts',
    search: "if (userPrivate?.get('role') === 'admin') await requireAnotherOperator(transaction, db, uid);",
    replace: '',
    test: 'tests/endpoints/admin/lastOperator.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/figures/addPage.ts',
    search: '{ isRolledUp: true }, { lastUpdateTime: updateTime }',
    replace: '{ isRolledUp: true }',
    test: 'tests/shared/figures/rollUpFigures.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/figures/addEnded.ts',
    search: 'transaction.set(reachedRef, {',
    replace: 'if (found.length < 0) transaction.set(reachedRef, {',
    test: 'tests/shared/figures/rollUpFigures.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/figures/writeMinute.ts',
    search: '.doc(id).create(document)',
    replace: '.doc(id).set(document)',
    test: 'tests/shared/figures/rollUpFigures.test.ts',
  },
  {
    guarantee: 'G11',
    file: 'shared/reports/reportDays.ts',
    search: 'if (known && isSame(known, next)) return false;',
    replace: '',
    test: 'tests/shared/reports/reportDays.test.ts',
  },
];
