import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectFolder } from '../../scripts/check/command.ts';
import { applyMutant, judge } from '../../scripts/check/mutant.ts';
import { listFiles } from '../../scripts/check/sourceTree.ts';
import { mutants } from '../mutants.ts';

const paths = new Set(listFiles(projectFolder));
const guaranteeOf = (path: string) => /^tests\/guarantees\/g0?(\d+)-\w+\.test\.ts$/.exec(path)?.[1];
const tested = [...new Set([...paths].flatMap((path) => guaranteeOf(path) ?? []))].map((number) => `G${number}`);

describe('the list of mutants', () => {
  it('names only tests that exist', () => {
    expect(mutants.filter(({ test }) => !paths.has(test))).toEqual([]);
  });

  it.each(mutants.map((mutant) => [mutant.guarantee, mutant.file, mutant] as const))(
    'breaks one place for %s in %s',
    (_guarantee, file, mutant) => {
      expect(applyMutant(readFileSync(join(projectFolder, file), 'utf8'), mutant)).toContain(mutant.replace);
      expect(mutant.guarantee).toMatch(/^G([1-9]|1[0-5])$/);
    },
  );

  it('has one for each guarantee that has a test', () => {
    expect(tested.filter((guarantee) => !mutants.some((mutant) => mutant.guarantee === guarantee))).toEqual([]);
  });
});

describe('a mutant', () => {
  const mutant = { guarantee: 'G1', file: 'a.ts', search: 'a > b', replace: '$& < b', test: 'a.test.ts' };

  it('is refused when its place is gone, or is not the only one', () => {
    expect(applyMutant('if (a > b) {', mutant)).toBe('if ($& < b) {');
    expect(() => applyMutant('if (a >= b) {', mutant)).toThrow('stands 0 times in a.ts, not once: a > b');
    expect(() => applyMutant('a > b; a > b', mutant)).toThrow('stands 2 times in a.ts, not once: a > b');
    expect(() => applyMutant('a > b', { ...mutant, replace: 'a > b' })).toThrow('changes nothing in a.ts: a > b');
  });

  const green = { passed: 3, failed: [], unrunnable: [], slowest: [] };
  const failure = (message: string) => ({ name: 'plays', file: 'a.test.ts', message });

  it('is noticed only by a test that ran and failed', () => {
    expect(judge({ summary: { ...green, failed: [failure('Error: expect(received).toBe(expected)')] } })).toEqual({
      verdict: 'noticed',
      detail: 'plays',
    });
    expect(judge({ summary: green })).toEqual({ verdict: 'survived', detail: '3 tests passed all the same' });
    expect(judge({ summary: { ...green, unrunnable: ['a.test.ts'] } })).toEqual({
      verdict: 'broken',
      detail: 'cannot be loaded: a.test.ts',
    });
    expect(judge({ summary: { ...green, failed: [failure('ReferenceError: b is not defined\n at a.ts')] } })).toEqual({
      verdict: 'broken',
      detail: 'ReferenceError: b is not defined',
    });
    expect(judge({ summary: undefined })).toEqual({ verdict: 'broken', detail: 'the tests came to no end' });
  });
});
