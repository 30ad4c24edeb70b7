import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRange } from '#shared/media';

describe('A Range header for 1000 bytes', () => {
  it.each([
    ['bytes=0-1', { start: 0, end: 1 }],
    ['bytes=0-', { start: 0, end: 999 }],
    ['bytes=500-99999999999999999999999', { start: 500, end: 999 }],
    ['bytes=999-999', { start: 999, end: 999 }],
    ['bytes=-200', { start: 800, end: 999 }],
    ['bytes=-5000', { start: 0, end: 999 }],
    ['BYTES= 5-9 ', { start: 5, end: 9 }],
    ['bytes=,5-9,', { start: 5, end: 9 }],
  ])('%s gives a part', (header, range) => {
    expect(parseRange(header, 1000)).toEqual(range);
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=99999999999999999999999-', 'bytes=1000-,2000-'])(
    '%s lies outside',
    (header) => {
      expect(parseRange(header, 1000)).toBe('unsatisfiable');
    },
  );

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=9-2',
    'bytes=a-b',
    'bytes=0x1-2',
    'bytes=1 - 2',
    'bytes=-5-',
    'bytes=+1-2',
    'items=0-1',
    'bytes=0-1;2-3',
  ])('%s is no byte range and is ignored', (header) => {
    expect(parseRange(header, 1000)).toBe('all');
  });

  it.each(['bytes=0-1,5-6', 'bytes=0-1,2000-', `bytes=${'0-1,'.repeat(5000)}`])('asking for several parts gives the whole', (header) => {
    expect(parseRange(header, 1000)).toBe('all');
  });

  it('of any text never gives a part that is not inside', () => {
    const headers = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[-0-9, ]{0,20}$/));
    fc.assert(
      fc.property(headers, fc.nat(3000), (header, bytes) => {
        const range = parseRange(header, bytes);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(bytes);
      }),
      { seed: 20_261_123, numRuns: 2000 },
    );
  });
});

describe('A Range header for an empty object', () => {
  it.each(['bytes=0-', 'bytes=-5'])('%s lies outside', (header) => {
    expect(parseRange(header, 0)).toBe('unsatisfiable');
  });
});
