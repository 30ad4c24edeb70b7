/** docs/backups.md says what each failure of a backup means and what to do, in both languages. */
import { describe, expect, it } from '@jest/globals';
import { Backup } from '#shared/backups';
import { headings, read } from './documents.ts';

const codes = Backup.shape.failure.unwrap().shape.code.options;

describe.each(['docs/backups.md', 'docs/ko/backups.md'])('%s', (path) => {
  it('has every reason for which a backup can fail, and no other', () => {
    const listed = [...read(path).matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
    expect(listed).toEqual(codes);
  });

  it('has the same headings and commands as the other', () => {
    const commands = (text: string) => text.split('\n').filter((line) => line.startsWith('    npm '));
    expect(headings(read(path)).map(({ level }) => level)).toEqual(headings(read('docs/backups.md')).map(({ level }) => level));
    expect(commands(read(path))).toEqual(commands(read('docs/backups.md')));
  });
});
