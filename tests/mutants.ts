/** Every guarantee's mechanisms, broken one by one; `npm run test:mutants` sees the named test fail for each. */
import type { Mutant } from '../scripts/check/mutant.ts';
import { accessMutants } from './mutants/accessMutants.ts';
import { inputMutants } from './mutants/inputMutants.ts';
import { songMutants } from './mutants/songMutants.ts';

export const mutants: Mutant[] = [...songMutants, ...accessMutants, ...inputMutants];
