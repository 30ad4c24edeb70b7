/** docs/failures.md says what becomes of each fault of what the service depends on, and which test proves it. */
import { describe, expect, it } from '@jest/globals';
import { headings, read, tableUnder, unprovenRows } from './documents.ts';

describe('docs/failures.md', () => {
  const path = 'docs/failures.md';
  const dependencies = headings(read(path)).filter(({ level }) => level === 2);

  it.each(dependencies.map(({ text }) => text))(
    'names for every fault of "%s" the tests that prove it, and they are there and not left out',
    (text) => {
      expect(unprovenRows(tableUnder(path, `## ${text}`), 5)).toEqual([]);
    },
  );

  it('has what the service depends on', () => {
    expect(dependencies.map(({ text }) => text)).toEqual([
      'The storage key',
      'A store',
      'Copies',
      'Uploads',
      'Firestore',
      'Firebase Auth',
      'The provider',
      'Alerts',
      'Recurring work',
      'Figures',
      'Backups',
      'Errors and traces',
    ]);
  });
});
