import { beforeAll, describe, expect, it } from '@jest/globals';
import { LateReader } from '../../../shared/reporting/lateReader.ts';
import { useOwnProject } from '../../support/service.ts';

/** A reader that is loaded when the test says so. */
function late() {
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  const given: number[] = [];
  let loads = 0;
  const load = () => {
    loads += 1;
    return promise;
  };
  const give = (reader: number[], thing: number) => {
    if (thing < 0) throw new Error('no');
    reader.push(thing);
  };
  return { reader: new LateReader<number, number[]>(load, give), given, arrive: () => resolve(given), fail: reject, loads: () => loads };
}

beforeAll(() => void useOwnProject());

describe('What is told to something heavy', () => {
  it('has it loaded when there is something for it, once, and not before', async () => {
    const { reader, given, arrive, loads } = late();
    expect([await reader.loaded(), loads()]).toEqual([undefined, 0]);
    reader.add(1);
    reader.add(2);
    arrive();
    await reader.loaded();
    reader.add(3);
    expect({ given, loads: loads() }).toEqual({ given: [1, 2, 3], loads: 1 });
  });

  it('waits for it in bounds: what comes beyond them is dropped', async () => {
    const { reader, given, arrive } = late();
    for (let thing = 0; thing < 10_000; thing += 1) reader.add(thing);
    arrive();
    await reader.loaded();
    expect(given).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('is dropped when it cannot be loaded, and costs whoever tells it nothing', async () => {
    const { reader, fail, loads } = late();
    reader.add(1);
    fail(new Error('no such file'));
    expect(await reader.loaded()).toBeUndefined();
    for (let thing = 0; thing < 1_000; thing += 1) reader.add(thing);
    expect([await reader.loaded(), loads()]).toEqual([undefined, 1]);
  });

  it('that it cannot take keeps nothing else from it', async () => {
    const { reader, given, arrive } = late();
    for (const thing of [1, -1, 2]) reader.add(thing);
    arrive();
    await reader.loaded();
    expect(given).toEqual([1, 2]);
  });
});
