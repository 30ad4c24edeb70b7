/** What the service stands on breaks off, stands still, is killed; and the function that takes requests. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const faultMutants: Mutant[] = [
  {
    guarantee: 'G1',
    file: 'shared/runtime/firestore.ts',
    search: 'if (!isOver(error)) throw error;',
    replace: 'throw error;',
    test: 'tests/guarantees/g01-databaseCutOff.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/generation/createGeneration.ts',
    search: 'if (!isAlreadyThere(error)) throw error;',
    replace: 'throw error;',
    test: 'tests/guarantees/g01-databaseCutOff.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/limits/compareAndSet.ts',
    search: 'const CALL_LIMIT_MS = 3_000;',
    replace: 'const CALL_LIMIT_MS = 20_000;',
    test: 'tests/guarantees/g01-databasePaused.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/generation/archiveAudio.ts',
    search: "if (error instanceof MediaFault && error.kind !== 'too_large') {",
    replace: "if (error instanceof MediaFault && error.kind === 'too_large') {",
    test: 'tests/guarantees/g01-storageKilled.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/media/gcsStore.ts',
    search: '(error.status === 412 || error.status === 404) &&',
    replace: 'error.status === 404 &&',
    test: 'tests/guarantees/g01-storageKilled.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/generation/createGeneration.ts',
    search: 'claim.write(transaction, db, { generationId }, now);',
    replace: '',
    test: 'tests/guarantees/g01-createSongKilled.test.ts',
  },
  {
    guarantee: 'G1',
    file: 'shared/generation/createGeneration.ts',
    search: 'createWork(transaction, db, work);',
    replace: 'void transact(async (another, same) => createWork(another, same, work));',
    test: 'tests/guarantees/g01-createSongKilled.test.ts',
  },
];
