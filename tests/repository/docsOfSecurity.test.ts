/** docs/security.md says what holds against each risk of the API Security Top 10, and which tests prove it. */
import { describe, expect, it } from '@jest/globals';
import { tableUnder, unprovenRows } from './documents.ts';

describe('docs/security.md', () => {
  const rows = tableUnder('docs/security.md', '## The ten');

  it('names for every risk the tests that prove what holds, and they are there and not left out', () => {
    expect(unprovenRows(rows, 3)).toEqual([]);
  });

  it('has all ten', () => {
    expect(rows.map(([risk]) => risk?.split(' ')[0])).toEqual(Array.from({ length: 10 }, (_, at) => `API${at + 1}`));
  });
});
