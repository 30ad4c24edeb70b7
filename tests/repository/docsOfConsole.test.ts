/** docs/console.md says what becomes of what operators change by hand, and which test proves it. */
import { describe, expect, it } from '@jest/globals';
import { headings, read, tableUnder, unprovenRows } from './documents.ts';

describe('docs/console.md', () => {
  const path = 'docs/console.md';
  const parts = headings(read(path)).filter(({ level, text }) => level === 2 && text !== 'Where to look');

  it.each(parts.map(({ text }) => text))('names for every change under "%s" the tests that prove it, and they are there', (text) => {
    expect(unprovenRows(tableUnder(path, `## ${text}`), 3)).toEqual([]);
  });

  it('is about people, what they may make, songs and the service', () => {
    expect(parts.map(({ text }) => text)).toEqual(['People', 'What a person may make', 'Songs', 'The service']);
  });
});
