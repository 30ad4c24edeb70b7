/**
 * How long things took, in a fixed number of classes: the same memory for ten requests as for ten million, and two histograms are
 * added by adding their classes. What is lost is precision: a percentile read from it is at most 6 % off.
 */

/** Each class is 2^(1/6) = 1.122 times as wide as the one before: its middle is at most 6 % from anything in it. */
const CLASSES_PER_DOUBLING = 6;
/** Shorter counts as this; it is the whole precision of a clock in a busy process. */
const SHORTEST_MS = 0.01;
/** The last one holds everything beyond an hour. */
const CLASSES = 172;

/** How many fell into each class. */
export type Histogram = readonly number[];

export function emptyHistogram(): number[] {
  return new Array<number>(CLASSES).fill(0);
}

/** Counts one. Changes what it is given: it runs with every request. */
export function countInto(histogram: number[], ms: number): void {
  const at = classOf(ms);
  histogram[at] = (histogram[at] ?? 0) + 1;
}

function classOf(ms: number): number {
  if (!(ms > SHORTEST_MS)) return 0;
  return Math.min(CLASSES - 1, 1 + Math.floor(Math.log2(ms / SHORTEST_MS) * CLASSES_PER_DOUBLING));
}

export function addHistograms(one: Histogram, other: Histogram): Histogram {
  return one.map((count, at) => count + (other[at] ?? 0));
}

export function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, count) => sum + count, 0);
}

/**
 * The value that `share` of all do not exceed, in ms, with three digits.
 *
 * @param share - 0 to 1: 0.95 for p95
 * @returns null when nothing was counted
 */
export function percentile(histogram: Histogram, share: number): number | null {
  const total = countOf(histogram);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  for (const [at, count] of histogram.entries()) {
    seen += count;
    if (seen >= rank) return middleOf(at);
  }
  return middleOf(CLASSES - 1);
}

/** The middle of a class by ratio: its two ends are as many times smaller and greater. */
function middleOf(at: number): number {
  if (at === 0) return SHORTEST_MS;
  return Number((SHORTEST_MS * 2 ** ((at - 0.5) / CLASSES_PER_DOUBLING)).toPrecision(3));
}

/** As it is stored, without what is 0: `class:count`, with commas between. */
export function histogramToText(histogram: Histogram): string {
  return histogram.flatMap((count, at) => (count > 0 ? [`${at}:${count}`] : [])).join();
}

/** What is no histogram is an empty one. */
export function histogramFromText(text: string): Histogram {
  const histogram = emptyHistogram();
  for (const [, at, count] of text.matchAll(/(?<=^|,)(\d{1,3}):(\d{1,15})(?=,|$)/g)) {
    if (Number(at) < CLASSES) histogram[Number(at)] = Number(count);
  }
  return histogram;
}
