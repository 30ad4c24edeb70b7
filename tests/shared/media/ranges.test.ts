import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRange } from '#shared/media';
import { runs } from '../../support/runs.ts';

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
    expect(parseRange(header, 1000)).toEqual([range]);
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
    'bytes=0-1,9-2',
    'bytes=0-1, bytes=5-6', // what two header lines become
  ])('%s is no list of byte ranges and is ignored', (header) => {
    expect(parseRange(header, 1000)).toBe('all');
  });
});

describe('A Range header that asks for several parts of 1000 bytes', () => {
  it.each([
    ['bytes=0-1,5-6', ['0-1', '5-6']],
    ['bytes=900-,0-1, -1', ['900-999', '0-1']],
    ['bytes=5-6,0-1', ['5-6', '0-1']],
  ])('%s gives them in the order asked for', (header, parts) => {
    expect(written(parseRange(header, 1000))).toEqual(parts);
  });

  it.each([
    ['bytes=0-1,2000-', ['0-1']],
    ['bytes=2000-,-0,7-7', ['7-7']],
  ])('%s leaves out what lies outside', (header, parts) => {
    expect(written(parseRange(header, 1000))).toEqual(parts);
  });

  it.each([
    ['bytes=0-10,5-20', ['0-20']],
    ['bytes=0-10,11-20', ['0-20']],
    ['bytes=11-20,0-10', ['0-20']],
    ['bytes=0-10,12-20', ['0-10', '12-20']],
    ['bytes=0-10,20-30,50-60,5-25', ['0-30', '50-60']],
    ['bytes=50-60,0-10,9-49', ['0-60']],
    ['bytes=3-3,3-3,3-3', ['3-3']],
    ['bytes=0-,0-,0-,-1', ['0-999']],
  ])('%s is told as parts that neither overlap nor touch', (header, parts) => {
    expect(written(parseRange(header, 1000))).toEqual(parts);
  });

  it('of twenty parts gives twenty; one more, or a header without end, gives the whole', () => {
    const parts = (count: number) => Array.from({ length: count }, (_, at) => `${at * 10}-${at * 10}`);
    expect(written(parseRange(`bytes=${parts(20).join()}`, 1000))).toEqual(parts(20));
    expect(parseRange(`bytes=${parts(21).join()}`, 1000)).toBe('all');
    expect(parseRange(`bytes=${'0-1,'.repeat(5000)}`, 1000)).toBe('all');
    expect(parseRange(`bytes=0-1${','.repeat(5000)}`, 1000)).toBe('all');
  });
});

describe('A Range header for an empty object', () => {
  it.each(['bytes=0-', 'bytes=-5'])('%s lies outside', (header) => {
    expect(parseRange(header, 0)).toBe('unsatisfiable');
  });
});

describe('Whatever a Range header says', () => {
  it('the parts lie inside, and no byte is in two of them', () => {
    const headers = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[-0-9, ]{0,20}$/), specs().map(headerOf));
    fc.assert(
      fc.property(headers, fc.nat(3000), (header, bytes) => {
        const ranges = parseRange(header, bytes);
        if (typeof ranges === 'string') return;
        const seen = new Uint8Array(bytes);
        for (const { start, end } of ranges) {
          expect(0 <= start && start <= end && end < bytes).toBe(true);
          for (let at = start; at <= end; at += 1) seen[at] = seen[at]! + 1;
        }
        expect(Math.max(0, ...seen)).toBeLessThan(2);
      }),
      runs(500),
    );
  });

  it('the parts are exactly the bytes that were asked for', () => {
    fc.assert(
      fc.property(specs(), fc.integer({ min: 1, max: 60 }), (wanted, bytes) => {
        const asked = Array.from({ length: bytes }, (_, at) => wanted.some(({ start, length }) => start <= at && at < start + length));
        const ranges = parseRange(headerOf(wanted), bytes);
        const given = Array.from(
          { length: bytes },
          (_, at) => typeof ranges !== 'string' && ranges.some((range) => range.start <= at && at <= range.end),
        );
        expect(given).toEqual(asked);
        expect(ranges === 'unsatisfiable').toBe(!asked.includes(true));
      }),
      runs(500),
    );
  });
});

interface Spec {
  start: number;
  length: number;
}

function specs(): fc.Arbitrary<Spec[]> {
  return fc.array(fc.record({ start: fc.nat(70), length: fc.integer({ min: 1, max: 15 }) }), { minLength: 1, maxLength: 12 });
}

function headerOf(wanted: Spec[]): string {
  return `bytes=${wanted.map(({ start, length }) => `${start}-${start + length - 1}`).join()}`;
}

function written(ranges: ReturnType<typeof parseRange>): string[] {
  return typeof ranges === 'string' ? [ranges] : ranges.map(({ start, end }) => `${start}-${end}`);
}
