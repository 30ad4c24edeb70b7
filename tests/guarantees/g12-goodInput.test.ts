import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { forgetAvailability } from '#shared/access';
import type { Endpoint } from '#shared/endpoint';
import { catalogue, database, SETTINGS_DOCUMENT } from '#shared/runtime';
import { faultsOf, knownFor, sendInput } from '../fuzz/sendInput.ts';
import { shapeOf, validInput } from '../fuzz/validInput.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
});

/** `updateSettings` has been called with whatever it takes: what it closed would be refused to whoever comes next. */
afterEach(async () => {
  await (await database()).doc(SETTINGS_DOCUMENT).delete();
  forgetAvailability();
});

afterAll(async () => {
  await house.close();
  announceSeed('good input');
});

describe('G12: no input that a schema takes is the service’s undoing', () => {
  it.each(functionNames())(
    '%s answers what it promises',
    async (name) => {
      const endpoint = house.endpoint(name);
      const people = await house.newPeople();
      const known = await knownFor(house, people, endpoint);
      const answers = fc.asyncProperty(validInput(endpoint, known), async (input) => {
        const answer = await sendInput(house, people, endpoint, input);
        expect({ faults: faultsOf(answer), input, text: answer.text }).toMatchObject({ faults: [] });
        expect(promised(endpoint)).toContain(answer.status);
      });
      const takesNothing = Object.keys(shapeOf(endpoint).fields).length === 0;
      await fc.assert(answers, takesNothing ? { ...runs(1), numRuns: 1 } : runs(15)); // who has signed out once is out
    },
    limitMs(30_000),
  );
});

describe('G12: a cursor that somebody made up', () => {
  it.each(functionNames().filter((name) => name.startsWith('list')))('gets a page of %s, or a 400', async (name) => {
    const endpoint = house.endpoint(name);
    const people = await house.newPeople();
    const { cursor = [] } = await knownFor(house, people, endpoint);
    const input = endpoint.examples[0]?.input ?? {};
    const answers = await Promise.all(cursor.map((forged) => sendInput(house, people, endpoint, { ...input, cursor: forged })));
    expect(cursor.length).toBeGreaterThan(0);
    const wrong = answers.filter((answer) => faultsOf(answer).length > 0 || ![200, 400].includes(answer.status));
    expect(wrong.map(({ status, text }) => ({ status, text }))).toEqual([]);
  });
});

function promised({ name, status, errors, needs }: Endpoint): number[] {
  const refusals = errors.map((code) => catalogue[code].status);
  const nothing = Object.keys(needs).length > 0 ? [404] : [];
  const cursors = /^list/.test(name) ? [400] : [];
  return [status, ...refusals, ...nothing, ...cursors, ...(needs['song'] ? [401] : [])];
}
