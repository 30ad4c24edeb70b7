/** Every guarantee's mechanisms, broken one by one; `npm run test:mutants` sees the named test fail for each. */
import type { Mutant } from '../scripts/check/mutant.ts';

export const mutants: Mutant[] = [
  {
    guarantee: 'G4',
    file: 'shared/media/frameCounter.ts',
    search: 'if (!isInfoFrame(data, at, header)) this.count(header);',
    replace: 'this.count(header);',
    test: 'tests/shared/media/frameCounter.test.ts',
  },
  {
    guarantee: 'G4',
    file: 'shared/media/frameCounter.ts',
    search: 'if (this.frames < ENOUGH_FRAMES)',
    replace: 'if (this.frames < 0)',
    test: 'tests/shared/media/frameCounter.test.ts',
  },
];
