import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint } from '#shared/endpoint';
import { checkHealth } from '../../functions/system/checkHealth.ts';
import { problemFaults } from '../fuzz/problemFaults.ts';
import { rawRequest } from '../fuzz/rawRequest.ts';
import { callerFor } from '../fuzz/sendInput.ts';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import { dumpProject } from '../matrix/projectDump.ts';
import type { People } from '../support/callers.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { announceSeed, runs } from '../support/runs.ts';

const BOMB_BYTES = 100_000_000;

let house: House;
let people: People;
let posts: Endpoint[];

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
  people = await house.newPeople();
  posts = house.service.endpoints.filter(({ method, name }) => method === 'POST' && name !== 'answerUnknown');
});

afterAll(async () => {
  expect((await house.service.call(checkHealth, {})).status).toBe(200);
  await house.close();
  announceSeed('numbers and doubled fields');
});

async function headersFor({ name, access }: Endpoint): Promise<Record<string, string>> {
  const token = await callerFor(house, people, access).tokenFor(name);
  return { ...fromSomewhere(), 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

describe('G12: a body that is small on its way and unpacks to 100 MB', () => {
  const zeros = Buffer.alloc(BOMB_BYTES);
  const bombs: [coding: string, bytes: Buffer][] = [
    ['gzip', gzipSync(zeros, { level: 9 })],
    ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
    ['deflate', deflateSync(zeros, { level: 9 })],
    ['zstd', zstdCompressSync(zeros)],
    ['gzip, br', brotliCompressSync(gzipSync(zeros))],
  ];

  /** With its length and without, and with the coding said where it belongs and where it does not. */
  function messages({ name }: Endpoint, headers: Record<string, string>, coding: string, bomb: Buffer): Buffer[] {
    const chunk = Buffer.concat([Buffer.from(`${bomb.length.toString(16)}\r\n`), bomb, Buffer.from('\r\n0\r\n\r\n')]);
    const ways: [extra: Record<string, string>, body: Buffer][] = [
      [{ 'content-encoding': coding, 'content-length': String(bomb.length) }, bomb],
      [{ 'content-encoding': coding, 'transfer-encoding': 'chunked' }, chunk],
      [{ 'content-encoding': coding.toUpperCase(), 'transfer-encoding': 'chunked' }, chunk],
      [{ 'transfer-encoding': `${coding}, chunked` }, chunk],
    ];
    return ways.map(([extra, body]) => {
      const lines = Object.entries({ host: 'sori.example', ...headers, ...extra }).map(([field, value]) => `${field}: ${value}\r\n`);
      return Buffer.concat([Buffer.from(`POST /v1/${name} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
    });
  }

  // Holds because the guard refuses every coding by its name, and holds no more than `bodyBytes` of anything.
  it('is refused by every function before it is unpacked', async () => {
    const before = await dumpProject();
    const surprises: object[] = [];
    let mostBytes = 0;
    const held = () => process.memoryUsage().arrayBuffers;
    let atFirst = held();
    const watch = setInterval(() => (mostBytes = Math.max(mostBytes, held() - atFirst)), 5);
    for (const endpoint of posts) {
      const headers = await headersFor(endpoint);
      atFirst = held(); // the collector may leave what was sent before
      for (const [coding, bomb] of bombs) {
        const answers = await Promise.all(messages(endpoint, headers, coding, bomb).map((each) => rawRequest(house.service.url, [each])));
        mostBytes = Math.max(mostBytes, held() - atFirst);
        for (const [way, answer] of answers.entries()) {
          const isRefused = answer !== undefined && answer.status >= 400 && answer.status < 500;
          const faults = answer?.headers['content-type']?.includes('json') ? problemFaults(answer) : [];
          if (!isRefused || faults.length > 0) surprises.push({ name: endpoint.name, coding, way, status: answer?.status, faults });
        }
      }
    }
    clearInterval(watch);
    expect(surprises).toEqual([]);
    expect(await dumpProject()).toEqual(before);
    expect(mostBytes).toBeLessThan(BOMB_BYTES / 2); // what the sender holds included
  }, 60_000);
});

/** As they may be written in JSON, and are beyond what a number can hold, or at its edge. */
const NUMBERS = [
  '1e400',
  '-1e400',
  '1e308',
  '-1e308',
  '9007199254740993',
  '-9007199254740993',
  '5e-324',
  '-0',
  '-0.0',
  '0e9',
  '1E+2',
  '1e-400',
];

describe('G12: numbers that no number can hold', () => {
  // Holds because every number of an input is bounded and whole: infinity and what lost its last digits are out of bounds.
  it('are refused, or are a number within the bounds, for every field of every function', async () => {
    const surprises: object[] = [];
    // What the others work by comes last: some of these numbers may be set.
    const last = ['updateUser', 'updateSettings'];
    const others = house.service.endpoints.filter(({ name }) => !['answerUnknown', ...last].includes(name));
    for (const endpoint of [...others, ...last.map(house.endpoint)]) {
      const headers = await headersFor(endpoint);
      const [variant] = variantsFor(endpoint);
      const good = await givenInput(house.service, endpoint, await variant?.make(people.owner.uid));
      for (const field of [...Object.keys(endpoint.input.shape), 'x']) {
        for (const number of NUMBERS) {
          const { status, text } = await house.service.send(...requestWith(endpoint, headers, good, field, number));
          const value = Number(number);
          const isTaken = status < 400;
          const mayBeTaken = endpoint.input.safeParse({ ...good, [field]: value }).success && Math.abs(value) <= 1e6;
          const isText = endpoint.method === 'GET' && endpoint.input.safeParse({ ...good, [field]: number }).success;
          if (status >= 500 || (isTaken && !mayBeTaken && !isText)) surprises.push({ name: endpoint.name, field, number, status, text });
        }
      }
    }
    expect(surprises).toEqual([]);
  }, 120_000);
});

function requestWith(
  { name, method }: Endpoint,
  headers: Record<string, string>,
  good: Record<string, unknown>,
  field: string,
  number: string,
): [path: string, init: RequestInit] {
  const { [field]: _, ...others } = good;
  if (method === 'GET') {
    const query = new URLSearchParams(Object.entries({ ...others, [field]: number }).map(([key, value]) => [key, String(value)]));
    return [`${name}?${query}`, { headers }];
  }
  const rest = JSON.stringify(others).slice(1, -1);
  return [name, { method, headers, body: `{${rest}${rest ? ',' : ''}${JSON.stringify(field)}:${number}}` }];
}

describe('G12: a field that is given twice', () => {
  const anything = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), { maxKeys: 6 });
  const signIn = async (body: string) => {
    const headers = { ...fromSomewhere(), 'content-type': 'application/json' };
    return (await house.service.send('signIn', { method: 'POST', headers, body })).problem?.code;
  };

  it('is found in whatever stands around it, and nothing else is taken for it', async () => {
    const property = fc.asyncProperty(anything, fc.nat(), fc.constantFrom('', ' ', '\n', '\t\r'), async (thing, at, space) => {
      const json = JSON.stringify(thing, null, space);
      expect(await signIn(json)).toBe('invalid_input');
      const opening = [...json.matchAll(/\{/g)].map(({ index }) => index);
      const place = opening[at % opening.length]!;
      const twice = `${json.slice(0, place + 1)}"k"${space}:1,"k":[1]${json[place + 1] === '}' ? '' : ','}${json.slice(place + 1)}`;
      const isThere = countsAsField(json, place);
      expect(await signIn(twice)).toBe(isThere ? 'malformed_request' : expect.any(String));
    });
    await fc.assert(property, runs(60));
  }, 60_000);
});

/** A brace may stand in a text as well. */
function countsAsField(json: string, place: number): boolean {
  return (json.slice(0, place).match(/(?<!\\)(?:\\\\)*"/g) ?? []).length % 2 === 0;
}
