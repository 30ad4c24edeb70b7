import type { Check } from './check.ts';
import { ledgerCheck } from './ledgerCheck.ts';
import { storageKeyCheck } from './storageKeyCheck.ts';

/** Everything the doctor can look at, in the order in which it does. */
export const checks: Check[] = [ledgerCheck, storageKeyCheck];
