import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkPlaces, checkSources } from '../../scripts/check/architecture.ts';
import { checkText } from '../../scripts/check/checkText.ts';
import { projectFolder } from '../../scripts/check/command.ts';
import { listFiles, readSourceTree } from '../../scripts/check/sourceTree.ts';
import { exceptions, MOST_EXCEPTIONS } from './exceptions.ts';

const paths = listFiles(projectFolder);
const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');
const violations = [
  ...checkSources(readSourceTree(projectFolder)),
  ...checkPlaces(paths),
  ...paths.filter(isText).flatMap((path) => checkText(path, read(path))),
];

describe('the code base', () => {
  it('keeps every rule, but for the exceptions that are written down', () => {
    expect(violations.filter((violation) => !exceptions.some((exception) => isSame(exception, violation)))).toEqual([]);
  });

  it('has no exception that is no longer needed', () => {
    expect(exceptions.filter((exception) => !violations.some((violation) => isSame(exception, violation)))).toEqual([]);
  });

  it('has no more exceptions than before', () => {
    expect(exceptions.length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
  });
});

function isSame(left: { rule: string; path: string }, right: { rule: string; path: string }): boolean {
  return left.rule === right.rule && left.path === right.path;
}

/** The lock is npm's and has a check of its own. */
function isText(path: string): boolean {
  return (
    path !== 'package-lock.json' && (/\.(ts|mjs|cjs|js|json|jsonc|md|ya?ml|rules|html|css|txt|svg)$/.test(path) || !/\.\w+$/.test(path))
  );
}
