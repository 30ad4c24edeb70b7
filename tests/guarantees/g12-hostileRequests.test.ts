import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkHealth } from '../../functions/system/checkHealth.ts';
import { type HostileRequest, hostileRequests } from '../fuzz/hostileRequests.ts';
import { answerFaults, problemFaults, type SomeAnswer } from '../fuzz/problemFaults.ts';
import { leaveEarly, rawRequest } from '../fuzz/rawRequest.ts';
import { callerFor } from '../fuzz/sendInput.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import { dumpProject } from '../matrix/projectDump.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';

const BODY_LIMIT_MS = 400;
const AT_ONCE = 20;

let house: House;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true, bodyLimitMs: BODY_LIMIT_MS });
});

afterAll(async () => {
  expect((await house.service.call(checkHealth, {})).status).toBe(200);
  await house.close();
  announceSeed('hostile requests');
});

describe('G12: a request that is wrong as a whole is refused in our own form, and changes nothing', () => {
  // Holds because the guard stands in front of functions-framework, and nothing but a whole, small, well-formed body passes it.
  it.each(functionNames())(
    '%s withstands what no proper client sends',
    async (name) => {
      const requests = await requestsFor(name);
      const isRefused = ({ statuses }: HostileRequest) => statuses.some((status) => status >= 400);
      const before = await dumpProject();
      expect(await surprisesOf(requests.filter(isRefused), AT_ONCE)).toEqual([]);
      expect(await dumpProject()).toEqual(before);
      // One by one: what is served changes one and the same document, for which the emulator lets transactions wait seconds.
      expect(await surprisesOf(someOf(requests.filter((request) => !isRefused(request))), 1)).toEqual([]);
    },
    limitMs(30_000),
  );

  it.each(functionNames())('%s survives callers who leave in the middle', async (name) => {
    const before = await dumpProject();
    const head = `POST /v1/${name} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n`;
    for (const piece of ['P', head, `${head}\r\n`, `${head}\r\n{"songId":"`]) await leaveEarly(house.service.url, piece);
    expect(await dumpProject()).toEqual(before);
  });

  it(
    'any service withstands bytes by chance',
    async () => {
      const names = fc.constantFrom(...functionNames());
      const start = fc
        .tuple(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'G\u0000T'), names)
        .map(([method, name]) => `${method} /v1/${name}`);
      const headers = fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), fc.string({ unit: 'binary', maxLength: 50 })), {
        maxLength: 5,
      });
      const junk = fc.tuple(start, fc.string({ unit: 'binary', maxLength: 30 }), headers, fc.uint8Array({ maxLength: 200 }));
      const property = fc.asyncProperty(junk, async ([beginning, query, lines, body]) => {
        const head = `${beginning}?${query} HTTP/1.1\r\nHost: x\r\n${lines.map(([header, value]) => `${header}: ${value}\r\n`).join('')}\r\n`;
        const answer = await rawRequest(house.service.url, [Buffer.concat([Buffer.from(head), body]), '\r\n\r\n']);
        expect(answer?.status ?? 400).toBeLessThan(500);
      });
      await fc.assert(property, runs(100));
    },
    limitMs(30_000),
  );
});

async function requestsFor(name: string): Promise<HostileRequest[]> {
  const endpoint = house.endpoint(name);
  const people = await house.newPeople();
  const token = await callerFor(house, people, endpoint.access).tokenFor(name);
  const id = await variantsFor(endpoint)[0]?.make(people.owner.uid);
  const body = JSON.stringify(await givenInput(house.service, endpoint, id));
  return hostileRequests({ endpoint, token, address: fromSomewhere()['x-forwarded-for'], body });
}

/** What may as well be served differs little from function to function: each gets some of it, picked by the seed. */
function someOf(requests: HostileRequest[]): HostileRequest[] {
  const { seed, numRuns } = runs(15);
  const most = Math.min(numRuns, requests.length);
  return fc.sample(fc.shuffledSubarray(requests, { minLength: most, maxLength: most }), { seed: seed + requests.length, numRuns: 1 })[0]!;
}

async function surprisesOf(requests: HostileRequest[], atOnce: number): Promise<object[]> {
  const surprises: object[] = [];
  const waiting = [...requests];
  const work = async () => {
    for (let request = waiting.shift(); request; request = waiting.shift()) {
      const answer = await rawRequest(house.service.url, request.pieces);
      const faults = faultsOf(request, answer);
      if (faults.length > 0) surprises.push({ what: request.what, faults, text: answer?.text.slice(0, 300) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return surprises;
}

function faultsOf({ statuses, code, isNoHttp }: HostileRequest, answer: SomeAnswer | undefined): string[] {
  if (!answer) return ['no answer'];
  const unexpected = statuses.length > 0 && !statuses.includes(answer.status) ? [`status ${answer.status}`] : [];
  if (isNoHttp) return unexpected;
  if (code && !answer.text.includes(`"code":"${code}"`)) return [`not ${code}`];
  const allow = answer.status === 405 && !answer.headers['allow'] ? ['no Allow'] : [];
  return [...unexpected, ...allow, ...(answer.status >= 400 ? problemFaults(answer) : answerFaults(answer))];
}
