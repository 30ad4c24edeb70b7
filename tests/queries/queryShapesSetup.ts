import { afterEach } from '@jest/globals';
import { expectServedByIndexes } from './queryShapes.ts';

afterEach(() => {
  expectServedByIndexes();
});
