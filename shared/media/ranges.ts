/** Bytes `start` to `end` of an object, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** More ranges than any player asks for; such a header only costs work. */
const MAX_RANGES = 20;
const MAX_HEADER_CHARACTERS = 1000;

/**
 * Reads a `Range` header for an object of `bytes` bytes.
 *
 * What is not a well-formed list of byte ranges is ignored, and so is a list that is too long to be meant: the answer is then the
 * whole object, which costs no more than a plain GET does. Our own reading, because the usual library answers 416 both to
 * `bytes=9-2` (to be ignored) and to a suffix longer than the object (to be the whole object).
 *
 * @returns `all`: answer 200; ranges that neither overlap nor touch, in the order they were asked for: 206; `unsatisfiable`: 416
 * @see RFC 9110, 14.1.2, 14.2, 15.3.7.2 and 17.15
 */
export function parseRange(header: string | undefined, bytes: number): 'all' | 'unsatisfiable' | [ByteRange, ...ByteRange[]] {
  const ranges = header === undefined ? undefined : readRanges(header, bytes);
  if (!ranges) return 'all';
  const [first, ...rest] = joined(ranges.filter((range) => range !== 'unsatisfiable'));
  return first ? [first, ...rest] : 'unsatisfiable';
}

/** @returns undefined when any part of the header is not well-formed */
function readRanges(header: string, bytes: number): (ByteRange | 'unsatisfiable')[] | undefined {
  if (header.length > MAX_HEADER_CHARACTERS) return undefined;
  const list = /^bytes=(.*)$/i.exec(header)?.[1];
  const items = list?.split(',').map((item) => item.replace(/^[ \t]+|[ \t]+$/g, ''));
  const specs = items?.filter((item) => item !== ''); // empty list elements are allowed, RFC 9110, 5.6.1.2
  if (!specs || specs.length === 0 || specs.length > MAX_RANGES) return undefined;
  const ranges = specs.map((spec) => readRange(spec, bytes));
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

function readRange(spec: string, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const suffix = /^-(\d+)$/.exec(spec)?.[1];
  if (suffix !== undefined) return within(Math.max(0, bytes - Number(suffix)), bytes - 1, bytes);
  const [, first, last] = /^(\d+)-(\d*)$/.exec(spec) ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  const end = last ? Number(last) : Number.POSITIVE_INFINITY;
  return end < start ? undefined : within(start, end, bytes);
}

function within(start: number, end: number, bytes: number): ByteRange | 'unsatisfiable' {
  return start < bytes ? { start, end: Math.min(end, bytes - 1) } : 'unsatisfiable';
}

/** Ranges that overlap or touch become one, in the place of the first of them: so no byte is ever sent twice. */
function joined(ranges: ByteRange[]): ByteRange[] {
  let parts: ByteRange[] = [];
  for (const range of ranges) {
    const touching = parts.filter((part) => part.start <= range.end + 1 && range.start <= part.end + 1);
    const all = [...touching, range];
    const union = { start: Math.min(...all.map(({ start }) => start)), end: Math.max(...all.map(({ end }) => end)) };
    const [place = parts.length] = touching.map((part) => parts.indexOf(part));
    parts = parts.toSpliced(place, 1, union).filter((part) => !touching.includes(part));
  }
  return parts;
}
