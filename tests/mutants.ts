/** Every guarantee's mechanisms, broken one by one; `npm run test:mutants` sees the named test fail for each. */
import type { Mutant } from '../scripts/check/mutant.ts';
import { accessMutants } from './mutants/accessMutants.ts';
import { accountMutants } from './mutants/accountMutants.ts';
import { adminMutants } from './mutants/adminMutants.ts';
import { backupMutants } from './mutants/backupMutants.ts';
import { cancelMutants } from './mutants/cancelMutants.ts';
import { crashMutants } from './mutants/crashMutants.ts';
import { faultMutants } from './mutants/faultMutants.ts';
import { fileMutants } from './mutants/fileMutants.ts';
import { hybridMutants } from './mutants/hybridMutants.ts';
import { imageMutants } from './mutants/imageMutants.ts';
import { inputMutants } from './mutants/inputMutants.ts';
import { keyMutants } from './mutants/keyMutants.ts';
import { ledgerMutants } from './mutants/ledgerMutants.ts';
import { limitMutants } from './mutants/limitMutants.ts';
import { linkMutants } from './mutants/linkMutants.ts';
import { listeningMutants } from './mutants/listeningMutants.ts';
import { providerMutants } from './mutants/providerMutants.ts';
import { songMutants } from './mutants/songMutants.ts';
import { storageMutants } from './mutants/storageMutants.ts';
import { streamMutants } from './mutants/streamMutants.ts';

export const mutants: Mutant[] = [
  ...songMutants,
  ...crashMutants,
  ...faultMutants,
  ...ledgerMutants,
  ...backupMutants,
  ...cancelMutants,
  ...providerMutants,
  ...linkMutants,
  ...fileMutants,
  ...keyMutants,
  ...storageMutants,
  ...streamMutants,
  ...imageMutants,
  ...accessMutants,
  ...accountMutants,
  ...adminMutants,
  ...hybridMutants,
  ...inputMutants,
  ...limitMutants,
  ...listeningMutants,
];
