/** A histogram keeps little, and says nearly as much as the list that it stands for. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addHistograms,
  countInto,
  countOf,
  emptyHistogram,
  histogramFromText,
  histogramToText,
  percentile,
} from '../../../shared/figures/histogram.ts';
import { runs } from '../../support/runs.ts';

const durations = fc.array(fc.double({ min: 0.02, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 });

function histogramOf(all: number[]): number[] {
  const histogram = emptyHistogram();
  for (const ms of all) countInto(histogram, ms);
  return histogram;
}

it('A percentile is within 7 % of the one of the whole list: 6 % of its class, and its three digits', () => {
  const shares = fc.constantFrom(0.5, 0.95, 0.99, 1);
  const check = fc.property(durations, shares, (all, share) => {
    const exact = all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1]!;
    const found = percentile(histogramOf(all), share)!;
    expect(Math.abs(found - exact) / exact).toBeLessThan(0.07);
  });
  fc.assert(check, runs(200));
});

it('Histograms of parts, added in any grouping, are the histogram of all, also after they were stored', () => {
  const check = fc.property(fc.array(durations, { maxLength: 5 }), (parts) => {
    const stored = parts.map((part) => histogramFromText(histogramToText(histogramOf(part))));
    const forward = stored.reduce(addHistograms, emptyHistogram());
    const backward = stored.reduceRight((sum, each) => addHistograms(each, sum), emptyHistogram());
    expect(forward).toEqual(histogramOf(parts.flat()));
    expect(backward).toEqual(forward);
    expect(countOf(forward)).toBe(parts.flat().length);
  });
  fc.assert(check, runs(100));
});

it('What is odd has a place: nothing, less than nothing, and days', () => {
  const histogram = histogramOf([0, -5, Number.NaN, 86_400_000]);
  expect(countOf(histogram)).toBe(4);
  expect(histogram).toHaveLength(emptyHistogram().length);
  expect(percentile(emptyHistogram(), 0.95)).toBeNull();
  expect(histogramFromText('no histogram, 3:x,999:4,-1:2')).toEqual(emptyHistogram());
});
