/** Limits over many processes, requests made twice, lyrics of a day. */
import type { Mutant } from '../../scripts/check/mutant.ts';

export const limitMutants: Mutant[] = [
  {
    guarantee: 'G5',
    file: 'shared/endpoint/instance.ts',
    search: "world.newId('ins')",
    replace: "'ins_of_all'",
    test: 'tests/guarantees/g05-processes.test.ts',
  },
  {
    guarantee: 'G2',
    file: 'shared/limits/idempotency.ts',
    search: 'if (recorded.requestHash !== this.#requestHash) throw',
    replace: "if (recorded.requestHash === '') throw",
    test: 'tests/endpoints/idempotency.test.ts',
  },
  {
    guarantee: 'G3',
    file: 'shared/generation/createGeneration.ts',
    search: 'if (last && !hasEnded(last)) {',
    replace: 'if (last && hasEnded(last)) {',
    test: 'tests/endpoints/songs/retryGeneration.test.ts',
  },
  {
    guarantee: 'G9',
    file: 'shared/lyrics/writeLyrics.ts',
    search: "if (error.kind !== 'unknown') await giveBack(own);",
    replace: 'await giveBack(own);',
    test: 'tests/endpoints/songs/writeLyrics.test.ts',
  },
  {
    guarantee: 'G9',
    file: 'shared/lyrics/lyricsGate.ts',
    search: 'Date.parse(state.triesAgainAt) <= now.getTime()',
    replace: 'now.getTime() > 0',
    test: 'tests/endpoints/songs/writeLyrics.test.ts',
  },
];
