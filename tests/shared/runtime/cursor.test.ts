import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '#shared/runtime';

const REFUSED = { code: 'invalid_input', params: { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] } };

function refusal(scope: string, cursor: string): unknown {
  try {
    return decodeCursor(scope, cursor);
  } catch (error) {
    return error;
  }
}

describe('A cursor', () => {
  it('brings back where the page ended, whatever it holds', () => {
    const values = fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.string(), values, (scope, position) => {
        expect(decodeCursor(scope, encodeCursor(scope, position))).toEqual(position);
      }),
      { seed: 20261123 },
    );
  });

  it('works only for the list, with all of its filters, that it came from', () => {
    const cursor = encodeCursor('songs of mina, newest', ['2026-11-23T00:00:00Z', 'sng_1']);
    expect(refusal('songs of junho, newest', cursor)).toMatchObject(REFUSED);
    expect(refusal('songs of mina, popular', cursor)).toMatchObject(REFUSED);
  });

  it('can stand in an address as it is', () => {
    expect(encodeCursor('x', ['가나다??>>', 1])).toMatch(/^[\w-]+$/);
  });

  it.each(['', 'x', '!!!!', 'bnVsbA', 'W10', 'W1siYSIsMV0', 'a'.repeat(5000), '가나다'])('%j is refused', (cursor) => {
    expect(refusal('songs', cursor)).toMatchObject(REFUSED);
  });

  it('that was changed by hand is refused or stays a position, and nothing else', () => {
    const [mark] = JSON.parse(Buffer.from(encodeCursor('songs', ['a']), 'base64url').toString()) as [string];
    for (const position of [null, {}, [], [null], [[1]], [{ a: 1 }], [1, 2, 3, 4, 5], 'a']) {
      const cursor = Buffer.from(JSON.stringify([mark, position])).toString('base64url');
      expect(refusal('songs', cursor)).toMatchObject(REFUSED);
    }
  });
});
