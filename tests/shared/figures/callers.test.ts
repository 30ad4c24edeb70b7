/** How many people there were is exact for a few hundred, and close for any number. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashUid } from '#shared/runtime';
import {
  addCaller,
  type Callers,
  callersFromText,
  callersToText,
  countCallers,
  joinCallers,
  MOST_BY_NAME,
} from '../../../shared/figures/callers.ts';
import { runs } from '../../support/runs.ts';

const nobody = (): Callers => new Set<string>();
const crowd = (from: number, count: number) => Array.from({ length: count }, (_, at) => hashUid(`person ${from + at}`));
const seen = (hashes: string[]) => hashes.reduce(addCaller, nobody());

it('Up to 512 people are counted exactly, however often they come and wherever they were seen', () => {
  const people = fc.array(fc.integer({ min: 0, max: MOST_BY_NAME - 1 }), { maxLength: 400 });
  const check = fc.property(fc.array(people, { minLength: 1, maxLength: 4 }), (processes) => {
    const each = processes.map((uids) => callersFromText(callersToText(seen(uids.map((uid) => hashUid(`u${uid}`))))));
    expect(countCallers(each.reduce(joinCallers, nobody()))).toBe(new Set(processes.flat()).size);
  });
  fc.assert(check, runs(50));
});

it.each([600, 2_000, 10_000, 100_000])('%i people are counted within 5 %%, three standard errors, in bounded room', (count) => {
  const callers = seen(crowd(0, count));
  expect(Math.abs(countCallers(callers) - count) / count).toBeLessThan(0.05);
  expect(callersToText(callers).length).toBeLessThan(8_300);
});

it('Joining is the same in any order, whether people are known by name or not', () => {
  const [few, some, many] = [seen(crowd(0, 100)), seen(crowd(50, 500)), seen(crowd(300, 3_000))];
  const text = (...order: Callers[]) => callersToText(order.reduce(joinCallers, nobody()));
  expect(new Set([text(few, some, many), text(many, few, some), text(some, many, few)]).size).toBe(1);
  expect(text(few, some, many)).toBe(callersToText(seen(crowd(0, 3_300))));
});

it('What is stored and makes no sense is nobody', () => {
  for (const text of ['', 'names:', 'names:xyz', 'sketch:AAAA', 'other:00']) expect(countCallers(callersFromText(text))).toBe(0);
});
