/** The books: every credit reserved once and ended once, each change an entry of its own, and an audit that can be believed. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const ledgerMutants: Mutant[] = [
  {
    guarantee: 'G3',
    file: 'shared/limits/ledger.ts',
    search: 'transaction.create(db.doc(',
    replace: "if (entry.kind !== 'reserve') transaction.create(db.doc(",
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/limits/ledger.ts',
    search: 'if (quota && quota.balance !== 0)',
    replace: 'if (quota && quota.balance < 0)',
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/limits/ledger.ts',
    search: "if (kind === 'release') transaction",
    replace: 'transaction',
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/limits/ledger.ts',
    search: 'transaction.create(db.doc(',
    replace: 'transaction.set(db.doc(',
    test: 'tests/guarantees/g03-credits.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/limits/ledger.ts',
    search: 'const on = dayOf(now);',
    replace: 'const on = now.toISOString().slice(0, 10);',
    test: 'tests/guarantees/g03-credits.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/transitions.ts',
    search: "now, { songs, credit: 'release' });",
    replace: "now, { songs, credit: 'settle' });",
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/transitions.ts',
    search: "credit: isFree ? 'release' : 'settle' };",
    replace: "credit: 'release' };",
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/store.ts',
    search: 'if (credit && quota) endReservation(',
    replace: "if (credit === 'settle' && quota) endReservation(",
    test: 'tests/guarantees/g03-histories.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/operations/verifyReservations.ts',
    search: 'faults.push(...faultsOf(await readAtOnce(db, request)));',
    replace: 'faults.push(...faultsOf(story));',
    test: 'tests/shared/operations/verifyLedgerAtWork.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/limits/verifyBalance.ts',
    search: 'if (!(await within(CALL_LIMIT_MS, ',
    replace: 'return looked;\n  if (!(await within(CALL_LIMIT_MS, ',
    test: 'tests/shared/operations/verifyLedgerAtWork.test.ts',
  },
];
