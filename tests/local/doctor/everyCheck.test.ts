import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { checks } from '../../../scripts/doctor/checks.ts';

it('has a test for every check in which the very thing is broken that it looks for', () => {
  const here = readdirSync(import.meta.dirname).map((name) => join(import.meta.dirname, name));
  const files = [...here, join(import.meta.dirname, '..', '..', 'guarantees', 'g03-doctor.test.ts')];
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const breaks = (name: string) => {
    const title = new RegExp(`(describe|it)(\\.each\\([^]*?\\))?\\('(npm run doctor -- )?${name}['!:]`);
    return texts.some((text) => title.test(text) && /broken|fault\(|✗/.test(text.slice(text.search(title))));
  };
  expect(checks.map(({ name }) => name).filter((name) => !breaks(name))).toEqual([]);
});
