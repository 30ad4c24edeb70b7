/** What may be done to stores, by chance, and what may become of them. */
import fc from 'fast-check';
import type { Strike } from './faultyStore.ts';

export const CONTENTS = ['', 'a'.repeat(3000), 'b'.repeat(70_000)].map((text) => Buffer.from(text));

const object = { folder: fc.nat(1), content: fc.nat(CONTENTS.length - 1) };
const slot = fc.nat(1);
/** For each store. Seldom: else nothing would ever succeed. */
const strike = fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, fc.constantFrom<Strike>('before', 'during', 'after'));
const strikes = fc.tuple(strike, strike);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom('keep' as const, 'copy' as const), ...object, strikes }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('stage' as const), slot, content: object.content, strikes }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('publish' as const), slot, folder: object.folder, isTwice: fc.boolean(), strikes }),
  },
  fc.record({ does: fc.constant('discard' as const), slot, strikes }),
  fc.record({ does: fc.constantFrom('delete' as const, 'open' as const, 'find' as const), ...object, strikes }),
  fc.record({ does: fc.constant('range' as const), ...object, start: fc.nat(3100), length: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ does: fc.constant('list' as const), prefix: fc.constantFrom('', 'songs/', 'songs/1/', 'staging/') }),
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('spoil' as const),
      ...object,
      at: fc.nat(1),
      how: fc.constantFrom<Spoil>('lose', 'cut', 'change'),
    }),
  },
);

/** What becomes of a file on a disk. */
export type Spoil = 'lose' | 'cut' | 'change';
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
export const history = fc.array(step, { maxLength: 20, size: 'max' });
