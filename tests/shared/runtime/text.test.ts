import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idOf, NO_SUCH_ID, newId, text } from '#shared/runtime';

const Title = text({ max: 10 });
const Lyrics = text({ max: 20, multiline: true });

function messages(schema: typeof Title, value: unknown): string[] {
  return schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
}

describe('A text that a person wrote', () => {
  it.each([
    ['  종이배  ', '종이배'],
    ['e\u0301te\u0301', 'été'],
    ['\u1112\u1161\u11ab', '한'],
    ['🎵'.repeat(10), '🎵'.repeat(10)],
    ['e\u0301'.repeat(10), 'é'.repeat(10)],
  ])('%j is kept as %j', (given, kept) => {
    expect(Title.parse(given)).toBe(kept);
  });

  it.each([
    ['', ['has fewer than 1 characters']],
    ['   ', ['has fewer than 1 characters']],
    ['🎵'.repeat(11), ['has more than 10 characters']],
    ['x'.repeat(100_000), ['has more than 10 characters']],
    ['a\nb', ['has control characters']],
    ['a\u0000b', ['has control characters']],
    ['a\u009fb', ['has control characters']],
    ['\ud83c', ['is not well-formed Unicode']],
    ['\udfb5a', ['is not well-formed Unicode']],
  ])('%j is refused, and told why', (given, why) => {
    expect(messages(Title, given)).toEqual(expect.arrayContaining(why));
  });

  it.each([null, 7, ['a'], { a: 1 }, undefined])('%j is none', (given) => {
    expect(Title.safeParse(given).success).toBe(false);
  });

  it('of several lines may have line breaks and tabs, and no other control character', () => {
    expect(Lyrics.parse('a\n\tb\r\nc')).toBe('a\n\tb\r\nc');
    expect(messages(Lyrics, 'a\u000bb')).toEqual(['has control characters']);
  });

  it('is the same when it is taken a second time, and never longer than allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (given) => {
        const once = Title.safeParse(given);
        if (!once.success) return;
        expect(Title.parse(once.data)).toBe(once.data);
        expect([...once.data].length).toBeLessThanOrEqual(10);
        expect(once.data).not.toMatch(/\p{Cc}/u);
      }),
      { seed: 20261123, numRuns: 500 },
    );
  });
});

describe('An id', () => {
  const SongId = idOf('sng');

  it('of ours is taken', () => {
    const id = newId('sng');
    expect(SongId.parse(id)).toBe(id);
  });

  it.each(['', 'x', newId('gen'), `${newId('sng')}x`, 'sng_0123456789abcdefghil', '../users/mina', 'sng_', `${newId('sng')}\n`])(
    '%j names nothing',
    (id) => {
      expect(SongId.safeParse(id).error?.issues.map(({ message }) => message)).toEqual([NO_SUCH_ID]);
    },
  );
});
