import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint } from '#shared/endpoint';
import { type BadInput, badInput, waysToSpoil } from '../fuzz/badInput.ts';
import { faultsOf, knownFor, sendInput } from '../fuzz/sendInput.ts';
import { validInput } from '../fuzz/validInput.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { dumpProject } from '../matrix/projectDump.ts';
import type { People } from '../support/callers.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';
import type { Answer } from '../support/service.ts';

const BATCH = 10;

/** Where there is no function, no input is a good one. */
const names = functionNames().filter((name) => name !== 'answerUnknown');

let house: House;
let people: People;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
  people = await house.newPeople();
});

afterAll(async () => {
  await house.close();
  announceSeed('bad input');
});

describe('G12: bad input is told what is wrong with it, changes nothing and costs nothing', () => {
  // Holds because every input is parsed by the definition's strict schema before anything is looked up, and fields are bounded.
  it.each(names)('%s refuses every input that is spoiled in one place', async (name) => {
    const endpoint = house.endpoint(name);
    const [good] = fc.sample(validInput(endpoint, await knownFor(house, people, endpoint)), { ...runs(1), numRuns: 1 });
    await expectRefused(endpoint, waysToSpoil(endpoint, good!));
  });

  it.each(names)(
    '%s refuses inputs spoiled by chance',
    async (name) => {
      const endpoint = house.endpoint(name);
      const bad = badInput(endpoint, validInput(endpoint, await knownFor(house, people, endpoint)));
      const batches = fc.asyncProperty(fc.array(bad, { minLength: BATCH, maxLength: BATCH }), (batch) => expectRefused(endpoint, batch));
      await fc.assert(batches, runs(3));
    },
    limitMs(30_000),
  );
});

/** Sends all of them at once. */
async function expectRefused(endpoint: Endpoint, batch: BadInput[]): Promise<void> {
  const before = await dumpProject();
  const answers = await Promise.all(batch.map(({ input }) => sendInput(house, people, endpoint, input)));
  const surprises = batch.flatMap((bad, at) => {
    const answer = answers[at]!;
    const faults = [...(bad.statuses.includes(answer.status) ? [] : [`status ${answer.status}`]), ...refusalFaults(bad, answer)];
    return faults.length > 0 ? [{ how: bad.how, faults, text: answer.text.slice(0, 300) }] : [];
  });
  expect(surprises).toEqual([]);
  expect(await dumpProject()).toEqual(before);
}

/** The caller must be able to find the fault. */
function refusalFaults({ field }: BadInput, answer: Answer): string[] {
  const { problem, status } = answer;
  const named = problem?.issues?.map(({ path }) => path.split('.')[0]) ?? [];
  const isNamed = status !== 400 || named.includes(field) || (problem?.issues === undefined && problem?.code === 'malformed_request');
  return [...faultsOf(answer), ...(isNamed ? [] : [`names ${named.join(', ') || 'nothing'}`])];
}
